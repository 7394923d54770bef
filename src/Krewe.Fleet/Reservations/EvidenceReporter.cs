using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Reservations;

/// <summary>
/// Looks, twice a second, at this silo's attempts on instances that are in doubt. It tells an instance without a lease that
/// tokens still come from it, once a second at most; it lets those attempts of a suspect instance go that are silent
/// themselves, while streams whose tokens flow go on; it lets those go that wait for a first token where streams have
/// stalled; it asks actors that did not answer whether they do; and it tells attempts of an epoch that the view knows to be over, whose own notice may have been lost. What is
/// well costs nothing here but the look.
/// </summary>
public sealed class EvidenceReporter
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly FleetServices _fleet;
    private readonly IActors _actors;
    private readonly ReachProber _prober;
    private readonly Dictionary<(InstanceId Instance, Epoch Epoch), Monotonic> _reported = [];

    public EvidenceReporter(FleetServices fleet, IActors actors)
    {
        ArgumentNullException.ThrowIfNull(fleet);
        ArgumentNullException.ThrowIfNull(actors);
        _fleet = fleet;
        _actors = actors;
        _prober = new ReachProber(fleet, actors);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_fleet.Options.EvidenceInterval, _fleet.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            Look();
        }
    }

    /// <summary>One round. Waits for nobody: what an instance does not hear, the next round says again.</summary>
    public void Look()
    {
        _prober.Look();
        var now = _fleet.Time.GetMonotonic();
        foreach (var group in _fleet.Reservations.ByInstance())
        {
            var (instance, epoch) = group.Key;
            if (_fleet.View.Find(instance.Pool) is { } slot && slot.View.TryGet(instance, out var view))
            {
                Look(group, view, epoch, now);
                LookForStall(group, slot.Definition?.Idle, now);
            }
        }

        foreach (var group in _fleet.Reservations.TransfersByInstance())
        {
            var (instance, epoch) = group.Key;
            if (_fleet.View.Find(instance.Pool) is { } slot && slot.View.TryGet(instance, out var view))
            {
                Look(group, view, epoch, now);
            }
        }

        _fleet.Reservations.Stalled.Forget((instance, epoch) =>
            _fleet.View.Find(instance.Pool) is not { } slot || !slot.View.TryGet(instance, out var view) || IsOver(view, epoch));

        foreach (var (key, at) in _reported)
        {
            if (now - at > ReportInterval)
            {
                _reported.Remove(key);
            }
        }
    }

    private void Look(IEnumerable<HeldReservation> held, InstanceView view, Epoch epoch, Monotonic now)
    {
        if (IsOver(view, epoch))
        {
            foreach (var one in held)
            {
                one.OnEpochLost(null);
            }
        }
        else if (view.Epoch == epoch && view.Liveness is Liveness.LeaseLost or Liveness.Suspect)
        {
            Monotonic? heard = null;
            foreach (var one in held)
            {
                if (one.Pulse?.LastHeard is { } last && !(last < heard))
                {
                    heard = last;
                }

                if (view.Liveness == Liveness.Suspect && one.SilentFor(now) >= _fleet.Options.SilentAttempt)
                {
                    one.OnEpochLost(EvidenceKind.Silent);
                }
            }

            if (now - heard < ReportInterval && !_reported.ContainsKey((view.Id, epoch)))
            {
                _reported[(view.Id, epoch)] = now;
                _ = ReportAsync(view.Id, epoch);
            }
        }
    }

    private void LookForStall(IGrouping<(InstanceId Instance, Epoch Epoch), HeldReservation> held, TimeSpan? idle, Monotonic now)
    {
        var (instance, epoch) = held.Key;
        if (idle is { } limit && _fleet.Reservations.Stalled.IsStalled(instance, epoch, held.Max(one => one.Pulse?.LastHeard), now, limit))
        {
            foreach (var one in held)
            {
                if (one.OnStalled is { } tell && one.SilentFor(now) >= limit)
                {
                    tell();
                }
            }
        }
    }

    // A newer epoch that is not confirmed leaves the older one its attempts.
    private static bool IsOver(InstanceView view, Epoch epoch) =>
        view.Epoch == epoch
            ? view.Liveness is Liveness.Removed
            : view.Epoch > epoch && view.Liveness is Liveness.Active or Liveness.LeaseLost or Liveness.Removed;

    private async Task ReportAsync(InstanceId instance, Epoch epoch)
    {
        try
        {
            await _actors.Instance(instance).ObserveAsync(new Observation(ObservationKind.TokensSeen, epoch));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Said again a second later, if tokens still come.
            _fleet.Instruments.OnNoticeLost();
        }
    }
}
