namespace Krewe.Bench.Drill.Cluster.Verdict;

/// <summary>A silo of a drill, as the drill knows of it.</summary>
/// <param name="Name">What the drill calls it.</param>
/// <param name="ReadyAt">When it was ready, on the drill's clock.</param>
/// <param name="Id">What silos call it.</param>
internal sealed record SiloLife(string Name, string Id, TimeSpan ReadyAt)
{
    /// <summary>When the drill hurt it, or asked it to go; null: never, so that it has to be there to the end.</summary>
    public TimeSpan? LeavesAt { get; init; }

    /// <summary>Whether what ran on it then is lost with it: not where it was asked to go.</summary>
    public bool IsLost { get; init; }

    public bool IsHealthyAt(TimeSpan at) => at >= ReadyAt && !(at >= LeavesAt);
}
