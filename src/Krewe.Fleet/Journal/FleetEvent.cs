using Krewe.Core.Identity;

namespace Krewe.Fleet.Journal;

/// <summary>One transition of an instance or a pool, for people to read.</summary>
public sealed record FleetEvent
{
    /// <summary>Rises by one with each event of this silo.</summary>
    public long Sequence { get; init; }

    /// <summary>Wall clock, for display only.</summary>
    public DateTimeOffset At { get; init; }

    public required PoolName Pool { get; init; }

    /// <summary>Null for an event of the pool itself.</summary>
    public InstanceName? Instance { get; init; }

    public Epoch? Epoch { get; init; }

    /// <summary>What moved: <c>liveness</c>, <c>admin</c>, <c>breaker</c>, <c>epoch</c>, <c>health</c>, <c>membership</c>.</summary>
    public required string What { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    public required string Cause { get; init; }
}
