namespace Krewe.Gateway.Metrics;

/// <summary>Counts of measurements by bucket, and their sum.</summary>
internal sealed class HistogramSeries : Series
{
    private readonly double[] _bounds;
    private readonly long[] _counts;
    private readonly StripedSum _sum = new();

    /// <param name="labels">As written.</param>
    /// <param name="bounds">Upper bounds, inclusive, rising; a last bucket without bound follows them.</param>
    public HistogramSeries(string labels, double[] bounds)
        : base(labels)
    {
        _bounds = bounds;
        _counts = new long[bounds.Length + 1];
    }

    /// <summary>Upper bounds of the buckets, inclusive, rising, without the last one's.</summary>
    public double[] Bounds => _bounds;

    public double Sum => _sum.Value;

    public override void Record(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        var found = Array.BinarySearch(_bounds, value);
        Interlocked.Increment(ref _counts[found >= 0 ? found : ~found]);
        _sum.Add(value);
    }

    /// <summary>Counts per bucket, each with those below it: the last is the number of all measurements.</summary>
    public long[] Cumulative()
    {
        var counts = new long[_counts.Length];
        long total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = total += Interlocked.Read(ref _counts[i]);
        }

        return counts;
    }
}
