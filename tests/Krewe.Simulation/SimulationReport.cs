using Krewe.Simulation.Checks;

namespace Krewe.Simulation;

/// <summary>How one run went.</summary>
public sealed record SimulationReport
{
    public required ulong Seed { get; init; }

    /// <summary>The first promise that was broken; null where none was.</summary>
    public Violation? Violation { get; init; }

    /// <summary>Of all that happened: two runs of one seed have the same.</summary>
    public required ulong TraceHash { get; init; }

    /// <summary>Pieces of work done.</summary>
    public required long Steps { get; init; }

    /// <summary>Virtual time.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What took place, and how often: requests by outcome, faults by kind, states entered.</summary>
    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <summary>What happened, line by line; empty unless asked for.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];
}
