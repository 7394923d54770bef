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

    /// <summary>Of that epoch; null for an event of the pool itself, and where it is not known any more.</summary>
    public IncarnationId? Incarnation { get; init; }

    /// <summary>What moved: <c>liveness</c>, <c>admin</c>, <c>breaker</c>, <c>epoch</c>, <c>health</c>, <c>membership</c>, <c>reach</c>. An <c>epoch</c> that is <c>Lost</c> has let go of its attempts.</summary>
    public required string What { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    public required string Cause { get; init; }
}
