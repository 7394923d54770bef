namespace Krewe.Gateway.Console.Figures;

/// <summary>The counters of one pool over the last two minutes, a sample per second; of its histograms, one per ten. Used by one thread at a time.</summary>
internal sealed class PoolTrack
{
    private const int Seconds = 120;
    private const int Window = 60;
    private const int RateWindow = 5;
    private const int SecondsPerMark = 10;

    private readonly Sample[] _samples = new Sample[Seconds + 1];
    private readonly Queue<Mark> _marks = new([new Mark(null, null)]);

    // All counters began at zero: what a pool did before its first sample is part of it, here and in the first mark.
    private long _count = 1;

    public PoolFigures? Latest { get; private set; }

    public void Add(in Sample now, Buckets? firstToken, Buckets? outputToken)
    {
        _samples[_count % _samples.Length] = now;
        _count++;
        var mark = new Mark(firstToken, outputToken);
        Latest = new PoolFigures
        {
            RequestsPerSecond = Rate(static sample => sample.Requests),
            FailuresPerSecond = Rate(static sample => sample.Failures),
            TokensPerSecond = Rate(static sample => sample.Tokens),
            Failovers = Over(Window, static sample => sample.Failovers).Change,
            TimeToFirstToken = Quantiles(firstToken, static earlier => earlier.FirstToken),
            TimePerOutputToken = Quantiles(outputToken, static earlier => earlier.OutputToken),
            RequestsBySecond = BySecond(),
        };
        if (_count % SecondsPerMark == 0)
        {
            _marks.Enqueue(mark);
            if (_marks.Count > Window / SecondsPerMark)
            {
                _marks.Dequeue();
            }
        }
    }

    private double Rate(Func<Sample, long> of)
    {
        var (change, seconds) = Over(RateWindow, of);
        return seconds == 0 ? 0 : (double)change / seconds;
    }

    private (long Change, long Seconds) Over(int seconds, Func<Sample, long> of)
    {
        var back = Math.Min(seconds, _count - 1);
        return (of(At(0)) - of(At(back)), back);
    }

    private long[] BySecond()
    {
        var all = new long[Math.Min(Seconds, _count - 1)];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = At(all.Length - 1 - i).Requests - At(all.Length - i).Requests;
        }

        return all;
    }

    private Sample At(long back) => _samples[(_count - 1 - back) % _samples.Length];

    private QuantilePair? Quantiles(Buckets? now, Func<Mark, Buckets?> of)
    {
        // Before its first measurement a histogram is not there: that is zero.
        var before = of(_marks.Peek())?.Counts;
        return now is null ? null : QuantilePair.Between(now.Bounds, before ?? new long[now.Counts.Length], now.Counts);
    }

    /// <summary>Counters as they stood.</summary>
    internal readonly record struct Sample(long Requests, long Failures, long Tokens, long Failovers);

    private sealed record Mark(Buckets? FirstToken, Buckets? OutputToken);
}
