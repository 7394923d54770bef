namespace Krewe.Bench.Drill.Cluster.Verdict;

/// <summary>What a silo said, when asked, of who is active.</summary>
/// <param name="Observer">Name of the silo that was asked.</param>
/// <param name="At">When it was asked.</param>
/// <param name="Active">Ids of the silos that it took for active.</param>
internal sealed record Sighting(string Observer, TimeSpan At, IReadOnlyList<string> Active);
