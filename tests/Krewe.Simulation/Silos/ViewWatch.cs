using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Fleet.View;
using Krewe.Simulation.Checks;

namespace Krewe.Simulation.Silos;

/// <summary>Looks at a silo's view of its pool whenever all that was ready has run, and tells the checks what changed.</summary>
internal sealed class ViewWatch
{
    private readonly SimSilo _silo;
    private readonly SiloParts _parts;
    private PoolView? _seen;

    public ViewWatch(SimSilo silo, SiloParts parts)
    {
        _silo = silo;
        _parts = parts;
        Fence = new FenceCheck(parts.Findings, parts.Stored);
        Admin = new AdminCheck(parts.Clock, parts.Findings, silo, parts.DrainAsked);
        Liveness = new LivenessCheck(parts.Clock, parts.Findings, silo.Evidence, silo);
        Books = new BooksCheck(parts.Clock, parts.Findings, silo);
        Deaths = new DeathCheck(parts.Clock, parts.Findings, parts.Engines, silo);
        Retries = new RetryCheck(parts.Findings);
        Binds = new BindCheck(parts.Clock, parts.Findings, silo.Evidence, this);
    }

    public FenceCheck Fence { get; }

    public AdminCheck Admin { get; }

    public LivenessCheck Liveness { get; }

    public BooksCheck Books { get; }

    public BindCheck Binds { get; }

    public DeathCheck Deaths { get; }

    public RetryCheck Retries { get; }

    /// <summary>Since when some instance could serve any request; null while none can.</summary>
    public TimeSpan? ServingSince { get; private set; }

    /// <summary>Whether some instance could serve any request at this very moment.</summary>
    public bool Serves => Slot is { } slot && Any(slot.View);

    /// <summary>Whether requests may be refused though all is well: the queue is next to none, or a breaker is open still.</summary>
    public bool IsShort => _parts.Scenario.QueueLimit < 4 || _parts.Scenario.QueueMaxWait < TimeSpan.FromSeconds(5) || Views.Any(view => view.Breaker != BreakerState.Closed);

    /// <summary>How long the silo stood still: what it could not notice.</summary>
    public TimeSpan StoodStill => _silo.StoodStill;

    /// <summary>Whether another activation of its actors may have had its records replaced by what it knew.</summary>
    public bool HadTwin => _silo.HadTwin;

    public PoolSlot? Slot => _silo.Services.View.Find(SimSilo.Pool);

    public IEnumerable<InstanceView> Views => Slot?.View.All() ?? [];

    public InstanceView? View(InstanceId id) => Slot is { } slot && slot.View.TryGet(id, out var view) ? view : null;

    public InstanceView? View(string name) => View(new InstanceId(SimSilo.Pool, new InstanceName(name)));

    public void OnSettled()
    {
        var now = Slot?.View;
        if (now is not null && !ReferenceEquals(now, _seen))
        {
            var before = _seen;
            _seen = now;
            for (var slot = 0; slot < now.Count; slot++)
            {
                var view = now[slot];
                var known = before is not null && before.TryGet(view.Id, out var found) ? found : null;
                if (!ReferenceEquals(known, view))
                {
                    OnChanged(known, view);
                }
            }

            var serves = Any(now);
            ServingSince = serves ? ServingSince ?? _silo.Now : null;
        }

        Liveness.OnSettled();
        Binds.OnSettled();
        Books.OnSettled(this);
        Retries.OnSettled(Slot);
    }

    /// <summary>For people.</summary>
    public string Describe() => string.Join("; ", Views.Select(view =>
        $"{view.Id.Name} epoch {view.Epoch} {view.Registration.Incarnation} {view.Liveness}/{view.Admin}/{view.Breaker} {view.Load.ReservedRequests}+{view.Load.ExternalRequests} of {view.Limit}"));

    private static bool Any(PoolView view)
    {
        for (var slot = 0; slot < view.Count; slot++)
        {
            if (view[slot] is { Schedulable: true, Registration.Role: InstanceRole.Mixed or InstanceRole.Decode })
            {
                return true;
            }
        }

        return false;
    }

    private void OnChanged(InstanceView? before, InstanceView after)
    {
        var name = after.Id.Name.Value;
        if (before is null)
        {
            // New, or read back by a new silo: it has its time to show that it lives.
            _silo.Evidence.MayBeSeen(name);
        }

        if (before is null || before.Epoch != after.Epoch || before.Liveness != after.Liveness || before.Admin != after.Admin || before.Breaker != after.Breaker)
        {
            _parts.Trace.Add($"{after.Liveness}", after.Registration.Incarnation.Value, after.Epoch.Value, ((long)after.Admin * 10) + (long)after.Breaker);
        }

        Fence.OnView(name, before, after);
        Liveness.OnView(name, before, after);
        Books.OnView(name, after);
    }
}
