namespace Krewe.Core.Instances;

/// <summary>How an engine's health is asked for: the first good answer ends it, as does a refused connection.</summary>
/// <param name="Tries">Most requests sent; at least 1.</param>
/// <param name="Timeout">Time limit of each try, connecting included.</param>
/// <param name="Pause">Wait between two tries.</param>
public readonly record struct ProbePlan(int Tries, TimeSpan Timeout, TimeSpan Pause)
{
    /// <summary>The longest that the whole probe may take.</summary>
    public TimeSpan Longest => (Timeout * Tries) + (Pause * Math.Max(0, Tries - 1));
}
