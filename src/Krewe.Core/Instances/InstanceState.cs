using System.Collections.Immutable;
using Krewe.Core.Identity;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Time;

namespace Krewe.Core.Instances;

/// <summary>All that is known of an instance's life. Immutable; only <see cref="InstanceLifecycle"/> makes the next one.</summary>
public sealed record InstanceState
{
    /// <summary>How many superseded incarnations are remembered; the oldest is forgotten first.</summary>
    public const int MaxSuperseded = 64;

    /// <summary>How many displaced incarnations can register back; with one more the oldest is superseded.</summary>
    public const int MaxDisplaced = 8;

    private InstanceState()
    {
    }

    public required InstanceId Id { get; init; }

    /// <summary>Of the current incarnation, or of the last one after removal.</summary>
    public Epoch Epoch { get; internal init; }

    /// <summary>What the current incarnation said of itself, or the last one after removal; null before the first.</summary>
    public Registration? Registration { get; internal init; }

    public IncarnationId? Incarnation => Registration?.Incarnation;

    public Liveness Liveness { get; internal init; }

    public AdminState Admin { get; internal init; }

    public BreakerState Breaker => Circuit.State;

    public InstanceStatus Status => new(Liveness, Admin, Breaker);

    /// <summary>Whether new work may be bound to it. While the breaker is HalfOpen, one trial at a time: see <see cref="InstanceLifecycle.CanBind"/>.</summary>
    public bool IsSchedulable => Status.IsSchedulable;

    /// <summary>Routing order among the schedulable: 0 Active, 1 LeaseLost, after every 0.</summary>
    public int Tier => Liveness == Liveness.Active ? 0 : 1;

    /// <summary>Whether this epoch was confirmed by a heartbeat or a good probe; until then a takeover is provisional.</summary>
    public bool IsConfirmed { get; internal init; }

    /// <summary>The epoch whose reservations the ledger holds: older than <see cref="Epoch"/> while a takeover is provisional; None if there is none.</summary>
    public Epoch HeldEpoch { get; internal init; }

    /// <summary>The engine's side deleted it, and no registration has undone that.</summary>
    public bool IsDeleted { get; internal init; }

    /// <summary>It was without a lease for too long: only a registration rescues it.</summary>
    public bool IsCapped { get; internal init; }

    /// <summary>When the lease ends that was last granted.</summary>
    public Monotonic LeaseUntil { get; internal init; }

    /// <summary>How it was found missing; null unless Suspect.</summary>
    public EvidenceKind? SuspectEvidence { get; internal init; }

    /// <summary>For its pool: whether we hear it.</summary>
    public Hearing Hearing =>
        Liveness is Liveness.Removed or Liveness.Joining || SuspectEvidence == EvidenceKind.Dead ? Hearing.Gone
        : SilentSince is null ? Hearing.Heard
        : Hearing.Silent;

    internal CircuitBreaker Circuit { get; init; } = CircuitBreaker.Fresh;

    /// <summary>When it last gave any sign: heartbeat, good probe, tokens, registration. Guards its name.</summary>
    internal Monotonic HeardAt { get; init; }

    /// <summary>When it last gave a sign that only this life can give: the same without probes, which whoever is at the address answers.</summary>
    internal Monotonic SpokeAt { get; init; }

    /// <summary>When a Joining instance must be confirmed.</summary>
    internal Monotonic JoinUntil { get; init; }

    /// <summary>The last heartbeat's number since registration.</summary>
    internal long? Sequence { get; init; }

    /// <summary>Active: what a probe in the second half of this lease said. LeaseLost: what the last one said, unless it was good.</summary>
    internal ProbeResult? AheadResult { get; init; }

    /// <summary>Since when there is no lease, across turns as Suspect; null with one.</summary>
    internal Monotonic? LeaseGoneSince { get; init; }

    /// <summary>When a Suspect instance is removed.</summary>
    internal Monotonic SuspectUntil { get; init; }

    /// <summary>The newest dead evidence since it was last seen alive.</summary>
    internal Monotonic? DeadAt { get; init; }

    /// <summary>Since when we do not hear it; null while we do.</summary>
    internal Monotonic? SilentSince { get; init; }

    /// <summary>Its pool was frozen: not before then is it asked again whether it still is.</summary>
    internal Monotonic? HeldUntil { get; init; }

    /// <summary>When its drain ends; null unless Draining.</summary>
    internal Monotonic? DrainUntil { get; init; }

    /// <summary>The deadline that its drain was given.</summary>
    internal TimeSpan? DrainFor { get; init; }

    /// <summary>The probe under way.</summary>
    internal RunningProbe? Probe { get; init; }

    /// <summary>The number of the newest probe.</summary>
    internal int LastProbe { get; init; }

    /// <summary>When the next probe of a Joining, LeaseLost or Suspect instance is due, once none is under way.</summary>
    internal Monotonic NextProbeAt { get; init; }

    internal ImmutableArray<DisplacedIncarnation> Displaced { get; init; } = [];

    internal ImmutableArray<IncarnationId> Superseded { get; init; } = [];

    /// <summary>A name that nobody has registered yet.</summary>
    public static InstanceState New(InstanceId id) => new() { Id = id };

    /// <summary>The same without what is an epoch's own and ends with it: its failures, the doubts about it, the heartbeats and probes that told of it.</summary>
    internal InstanceState AtEndOfEpoch() => this with
    {
        Circuit = CircuitBreaker.Fresh,
        IsDeleted = false,
        IsCapped = false,
        Sequence = null,
        AheadResult = null,
        LeaseGoneSince = null,
        SuspectEvidence = null,
        DeadAt = null,
        SilentSince = null,
        HeldUntil = null,
        Probe = null,
    };

    /// <summary>What is to be stored.</summary>
    public InstanceRecord ToRecord() => new()
    {
        Epoch = Epoch,
        Registration = Registration,
        Liveness = Liveness,
        Admin = Admin,
        IsConfirmed = IsConfirmed,
        HeldEpoch = HeldEpoch,
        IsDeleted = IsDeleted,
        IsCapped = IsCapped,
        DrainFor = DrainFor,
        Displaced = Displaced,
        Superseded = Superseded,
    };

    /// <summary>Whether both would be stored alike.</summary>
    internal bool IsStoredLike(InstanceState other) =>
        Epoch == other.Epoch
        && Registration == other.Registration
        && Liveness == other.Liveness
        && Admin == other.Admin
        && IsConfirmed == other.IsConfirmed
        && HeldEpoch == other.HeldEpoch
        && IsDeleted == other.IsDeleted
        && IsCapped == other.IsCapped
        && DrainFor == other.DrainFor
        && Displaced.SequenceEqual(other.Displaced)
        && Superseded.SequenceEqual(other.Superseded);
}
