using Krewe.EngineSim.Engine;

namespace Krewe.EngineSim.Runtime;

/// <summary>The latencies of one incarnation. One caller at a time.</summary>
internal sealed class LatencyRecord
{
    public Histogram TimeToFirstToken { get; } = new(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160);

    public Histogram InterToken { get; } = new(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80);

    public Histogram EndToEnd { get; } = new(0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480);

    /// <summary>Longest since they were last taken.</summary>
    public TimeSpan MaxTimeToFirstToken { get; private set; }

    public TimeSpan MaxInterToken { get; private set; }

    public void OnToken(TimeSpan elapsed, bool isFirst)
    {
        if (isFirst)
        {
            TimeToFirstToken.Add(elapsed);
            MaxTimeToFirstToken = elapsed > MaxTimeToFirstToken ? elapsed : MaxTimeToFirstToken;
            return;
        }

        InterToken.Add(elapsed);
        MaxInterToken = elapsed > MaxInterToken ? elapsed : MaxInterToken;
    }

    public void OnOver(SimSequence sequence)
    {
        if (sequence.Phase == SequencePhase.Completed)
        {
            EndToEnd.Add(sequence.LastTokenAt - sequence.SubmittedAt);
        }
    }

    public (TimeSpan TimeToFirstToken, TimeSpan InterToken) TakeMaxima()
    {
        var maxima = (MaxTimeToFirstToken, MaxInterToken);
        MaxTimeToFirstToken = MaxInterToken = TimeSpan.Zero;
        return maxima;
    }
}
