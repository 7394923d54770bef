using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Fleet.Admission;

namespace Krewe.Fleet.View;

/// <summary>One pool as this silo sees it: the routing state that is the silo's own beside the view that is everybody's.</summary>
public sealed class PoolSlot : IDisposable
{
    private static readonly IRoutingPolicy Default = RoutingPolicies.All.First(policy => policy.Name == RoutingPolicies.DefaultName);

    private readonly Lock _gate = new();
    private long _definitionVersion = -1;

    internal PoolSlot(PoolName name, TimeProvider time)
    {
        Name = name;
        Admission = new PoolAdmission(time);
    }

    public PoolName Name { get; }

    /// <summary>Null until the pool's actor has spoken.</summary>
    public PoolDefinition? Definition { get; private set; }

    public IRoutingPolicy RoutingPolicy { get; private set; } = Default;

    /// <summary>The times of its instances' lives.</summary>
    public LeaseOptions Lease { get; private set; } = LeaseOptions.Default;

    public PoolView View { get; private set; } = PoolView.Empty;

    public RoutingState Routing { get; } = new();

    public PoolAdmission Admission { get; }

    public RetryBudget Budget { get; } = new();

    public void Dispose() => Admission.Dispose();

    /// <summary>Takes what is newer; false for what is not.</summary>
    internal bool Apply(InstanceView view)
    {
        bool roomier;
        lock (_gate)
        {
            var known = (View.TryGet(view.Id, out var found) ? found : null);
            if (known is not null && known.Version.CompareTo(view.Version) >= 0)
            {
                return false;
            }

            roomier = view.Schedulable && (known is not { Schedulable: true } || view.Load.Requests < known.Load.Requests || view.Limit > known.Limit);
            View = View.With(view);
        }

        if (roomier)
        {
            Admission.Signal();
        }

        return true;
    }

    internal bool Apply(PoolPublication publication)
    {
        lock (_gate)
        {
            if (publication.Version <= _definitionVersion)
            {
                return false;
            }

            _definitionVersion = publication.Version;
            Definition = publication.Definition;
            Lease = LeaseOf(publication.Definition);
            RoutingPolicy = Policy(publication.Definition.Policy);
        }

        Admission.Signal();
        return true;
    }

    // Definitions are validated where they are read; one stored by a newer release may name a policy unknown here.
    private static IRoutingPolicy Policy(string name) => RoutingPolicies.TryGet(name, out var policy) ? policy : Default;

    // The times that a pool does not name keep their proportion to a lease that is shorter than usual.
    private static LeaseOptions LeaseOf(PoolDefinition definition)
    {
        var usual = LeaseOptions.Default;
        var share = Math.Min(1.0, definition.LeaseTtl / usual.Ttl);
        return usual with
        {
            Ttl = definition.LeaseTtl,
            SuspectWindow = definition.SuspectWindow,
            HeartbeatInterval = usual.HeartbeatInterval * share,
            EngineSeenLimit = usual.EngineSeenLimit * share,
        };
    }
}
