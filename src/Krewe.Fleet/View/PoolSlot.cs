using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Core.Time;
using Krewe.Fleet.Admission;
using Krewe.Fleet.Pools;

namespace Krewe.Fleet.View;

/// <summary>One pool as this silo sees it: the routing state that is the silo's own beside the view that is everybody's.</summary>
public sealed class PoolSlot : IDisposable
{
    private static readonly IRoutingPolicy Default = RoutingPolicies.All.First(policy => policy.Name == RoutingPolicies.DefaultName);

    private readonly Lock _gate = new();
    private readonly FleetView _owner;
    private readonly Dictionary<InstanceId, Monotonic> _removedAt = [];
    private PoolPublication? _publication;
    private volatile PoolStanding? _standing;

    internal PoolSlot(PoolName name, FleetView owner)
    {
        _owner = owner;
        Name = name;
        Admission = new PoolAdmission(owner.Time);
    }

    public PoolName Name { get; }

    /// <summary>Null until the pool's actor has spoken.</summary>
    public PoolDefinition? Definition => Volatile.Read(ref _publication)?.Definition;

    /// <summary>What the pool's actor said last of its definition; null until it has spoken.</summary>
    public PoolPublication? Publication => Volatile.Read(ref _publication);

    /// <summary>What the pool's actor said last of how it stands; null until it has.</summary>
    public PoolStanding? Standing => _standing;

    public IRoutingPolicy RoutingPolicy { get; private set; } = Default;

    /// <summary>The times of its instances' lives.</summary>
    public LeaseOptions Lease { get; private set; } = LeaseOptions.Default;

    /// <summary>Whether nobody of the pool is taken for lost on silence alone.</summary>
    public bool IsFrozen => _standing is { IsFrozen: true };

    /// <summary>Whether the pool takes no new request, by its failure mode.</summary>
    public bool RefusesNew => _standing is { RefusesNew: true };

    public PoolView View { get; private set; } = PoolView.Empty;

    public RoutingState Routing { get; } = new();

    public PoolAdmission Admission { get; }

    /// <summary>What this silo has just met with.</summary>
    public AvoidList Avoid { get; } = new();

    public RetryBudget Budget { get; } = new();

    public void Dispose() => Admission.Dispose();

    /// <summary>
    /// The pool's health as this silo sees it: by the same rule as its actor's, and an instance that was lost is missed for
    /// as long. Null until the actor has spoken of the pool.
    /// </summary>
    public PoolHealthReport? Judge() => Definition is { } definition
        ? PoolHealthRule.Evaluate([.. View.All().Where(IsThere).Select(PoolMember.Of)], definition.FailureMode)
        : null;

    /// <summary>Whether it is there, or was lost so lately that the pool misses it.</summary>
    public bool IsThere(InstanceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Liveness is not Liveness.Removed)
        {
            return true;
        }

        lock (_gate)
        {
            return view.Admin is not AdminState.Drained && _removedAt.TryGetValue(view.Id, out var at) && _owner.Time.GetMonotonic() - at < PoolActor.MissedFor;
        }
    }

    /// <summary>Takes what is newer; false for what is not.</summary>
    internal bool Apply(InstanceView view)
    {
        bool roomier;
        if (view.Liveness == Liveness.Removed)
        {
            Routing.Prefixes.Forget(view.Id, view.Epoch);
        }
        else
        {
            // What lives before this one had cached went with them.
            Routing.Prefixes.Forget(view.Id, new Epoch(view.Epoch.Value - 1));
        }

        lock (_gate)
        {
            var known = (View.TryGet(view.Id, out var found) ? found : null);
            if (known is not null && known.Version.CompareTo(view.Version) >= 0)
            {
                return false;
            }

            view = _owner.OwnCounts?.OnWord(view) ?? view;
            roomier = view.Schedulable && (known is not { Schedulable: true } || view.Load.Requests < known.Load.Requests || view.Limit > known.Limit);
            View = (known is null && View.Count >= PoolActor.MaxMembers ? WithRoom() : View).With(view);
            NoteRemoved(known, view);
        }

        if (roomier)
        {
            Admission.Signal();
        }

        return true;
    }

    /// <summary>This silo's own counts of an instance have changed: what routing sees is told anew, of the same word.</summary>
    internal void Restate(InstanceView word)
    {
        lock (_gate)
        {
            View = View.Restated(_owner.OwnCounts?.Seen(word) ?? word);
        }
    }

    /// <summary>Takes note of what an instance has cached, where the pool's policy looks at it and the instance is known by that life.</summary>
    internal void Learn(PrefixLesson lesson, bool isNew)
    {
        if (!RoutingPolicy.UsesPrefixes || !View.TryGet(lesson.Instance, out var view) || view.Epoch != lesson.Epoch || view.Liveness == Liveness.Removed)
        {
            return;
        }

        var capacity = PrefixIndex.CapacityOf(view.Registration.Capacity);
        if (isNew)
        {
            Routing.Prefixes.Learn(lesson.Instance, lesson.Epoch, capacity, lesson.Blocks.Span);
        }
        else
        {
            Routing.Prefixes.Fill(lesson, capacity);
        }
    }

    internal bool Apply(PoolPublication publication)
    {
        lock (_gate)
        {
            if (_publication is { } known && publication.Version <= known.Version)
            {
                return false;
            }

            Lease = LeaseOf(publication.Definition);
            RoutingPolicy = Policy(publication.Definition.Policy);
            Volatile.Write(ref _publication, publication);
        }

        Admission.Signal();
        return true;
    }

    internal bool Apply(PoolStanding standing)
    {
        lock (_gate)
        {
            if (_standing is { } known && (known.Generation, known.Number).CompareTo((standing.Generation, standing.Number)) >= 0)
            {
                return false;
            }

            _standing = standing;
            return true;
        }
    }

    internal void AddTo(List<InstanceView> instances, List<PoolPublication> pools, List<PoolStanding> standings)
    {
        lock (_gate)
        {
            instances.AddRange(_owner.OwnCounts is { } counts ? View.All().Select(counts.Word) : View.All());
            if (_publication is { } publication)
            {
                pools.Add(publication);
            }

            if (_standing is { } standing)
            {
                standings.Add(standing);
            }
        }
    }

    // Who was gone before this silo heard of it is nobody's loss any more.
    private void NoteRemoved(InstanceView? known, InstanceView view)
    {
        if (view.Liveness is not Liveness.Removed)
        {
            _removedAt.Remove(view.Id);
        }
        else if (known is { Liveness: not Liveness.Removed })
        {
            _removedAt[view.Id] = _owner.Time.GetMonotonic();
        }
    }

    // Names come and go with autoscaled engines: where there are too many, one that is gone is forgotten.
    private PoolView WithRoom()
    {
        if (View.All().FirstOrDefault(view => view.Liveness == Liveness.Removed) is not { } gone)
        {
            return View;
        }

        _removedAt.Remove(gone.Id);
        return View.Without(gone.Id);
    }

    // Definitions are validated where they are read; one stored by a newer release may name a policy unknown here.
    private static IRoutingPolicy Policy(string name) => RoutingPolicies.TryGet(name, out var policy) ? policy : Default;

    // The times that a pool does not name keep their proportion to a lease or a window that is shorter than usual.
    private static LeaseOptions LeaseOf(PoolDefinition definition)
    {
        var usual = LeaseOptions.Default;
        var ofLease = Math.Min(1.0, definition.LeaseTtl / usual.Ttl);
        // Twice dead must fit into the window, with room to spare.
        var ofWindow = Math.Min(ofLease, definition.SuspectWindow / (2 * usual.DeadConfirm));
        return usual with
        {
            Ttl = definition.LeaseTtl,
            SuspectWindow = definition.SuspectWindow,
            HeartbeatInterval = usual.HeartbeatInterval * ofLease,
            EngineSeenLimit = usual.EngineSeenLimit * ofLease,
            IncumbentHeard = usual.IncumbentHeard * ofLease,
            JoinProbeInterval = usual.JoinProbeInterval * ofLease,
            AheadProbe = usual.AheadProbe with { Timeout = usual.AheadProbe.Timeout * ofLease },
            LeaseLostProbeInterval = usual.LeaseLostProbeInterval * ofLease,
            LeaseLostSilence = usual.LeaseLostSilence * ofLease,
            SuspectHold = usual.SuspectHold * ofLease,
            BlindWindow = usual.BlindWindow * ofLease,
            ThawAfter = usual.ThawAfter * ofLease,
            EvidenceProbe = usual.EvidenceProbe with { Timeout = usual.EvidenceProbe.Timeout * ofWindow },
            SuspectProbeInterval = usual.SuspectProbeInterval * ofWindow,
            DeadConfirm = usual.DeadConfirm * ofWindow,
        };
    }
}
