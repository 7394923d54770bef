using System.Collections.Immutable;
using Krewe.Core.Identity;

namespace Krewe.Core.Instances;

/// <summary>
/// What is stored of an instance: durable before a registration is answered. Plain and stable; holds no monotonic
/// time, since those of two lives of a silo do not compare.
/// </summary>
public sealed record InstanceRecord
{
    /// <summary>Kept after removal, so that the next is higher.</summary>
    public required Epoch Epoch { get; init; }

    public Registration? Registration { get; init; }

    public required Liveness Liveness { get; init; }

    public required AdminState Admin { get; init; }

    /// <summary>Whether this epoch was confirmed by a heartbeat or a good probe.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>The epoch whose reservations the ledger holds: older than <see cref="Epoch"/> while a takeover is provisional; None if there is none.</summary>
    public Epoch HeldEpoch { get; init; }

    /// <summary>The engine's side deleted it, and no registration has undone that.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>It was without a lease for too long: only a registration rescues it.</summary>
    public bool IsCapped { get; init; }

    /// <summary>The deadline that a drain was given; counted anew after a restore.</summary>
    public TimeSpan? DrainFor { get; init; }

    /// <summary>Those who can register back until this epoch is confirmed; newest last, at most <see cref="InstanceState.MaxDisplaced"/>.</summary>
    public ImmutableArray<DisplacedIncarnation> Displaced { get; init; } = [];

    /// <summary>Those who never come back; newest last, at most <see cref="InstanceState.MaxSuperseded"/>.</summary>
    public ImmutableArray<IncarnationId> Superseded { get; init; } = [];
}
