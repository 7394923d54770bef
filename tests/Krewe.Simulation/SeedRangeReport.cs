namespace Krewe.Simulation;

/// <summary>How a range of seeds went.</summary>
public sealed record SeedRangeReport
{
    public required ulong First { get; init; }

    /// <summary>Seeds that were run.</summary>
    public required ulong Done { get; init; }

    /// <summary>Those that broke a promise, by seed.</summary>
    public required IReadOnlyList<SimulationReport> Failed { get; init; }

    /// <summary>What took place over all of them, and how often.</summary>
    public required IReadOnlyDictionary<string, long> Counts { get; init; }

    /// <summary>Of all that happened: two runs of one range have the same.</summary>
    public required ulong TraceHash { get; init; }

    /// <summary>Virtual time in all.</summary>
    public required TimeSpan Elapsed { get; init; }
}
