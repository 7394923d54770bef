namespace Krewe.EngineSim.Runtime;

/// <summary>Counts of durations in vLLM-like buckets. One caller at a time.</summary>
internal sealed class Histogram(params double[] upperSeconds)
{
    private readonly long[] _counts = new long[upperSeconds.Length + 1];

    public ReadOnlySpan<double> UpperSeconds => upperSeconds;

    public long Count { get; private set; }

    public double SumSeconds { get; private set; }

    public void Add(TimeSpan value)
    {
        var seconds = value.TotalSeconds;
        var bucket = 0;
        while (bucket < upperSeconds.Length && seconds > upperSeconds[bucket])
        {
            bucket++;
        }

        _counts[bucket]++;
        Count++;
        SumSeconds += seconds;
    }

    /// <summary>How many were at most the bucket's bound.</summary>
    public long CountUpTo(int bucket)
    {
        long count = 0;
        for (var i = 0; i <= bucket; i++)
        {
            count += _counts[i];
        }

        return count;
    }
}
