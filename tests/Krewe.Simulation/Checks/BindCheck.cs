using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>Nothing is bound to an instance that is not schedulable (S4), that is full (S11), or that nobody has heard for a lease's time (L3).</summary>
internal sealed class BindCheck(SimulationClock clock, Findings findings, Evidence evidence, ViewWatch watch)
{
    // A lease, or the silence that follows it, is three seconds; the rest is for what is under way.
    private static readonly TimeSpan LongestSilence = LeaseOptions.Default.Ttl + TimeSpan.FromSeconds(1);

    // Far more than all requests of a scenario could need if they came at once.
    private const int MostAtOnce = 1_000;

    // A delete's own probe has its time even where the lease ends meanwhile.
    private static readonly TimeSpan DeleteProbe = LeaseOptions.Default.DeleteProbe.Longest;

    // After we stood still, or were blind, every silence is given time to show itself anew.
    private static readonly TimeSpan SecondLook = LeaseOptions.Default.AheadProbe.Longest + LeaseOptions.Default.ProbeGrace + LeaseOptions.Default.SuspectHold;

    private readonly Dictionary<string, TimeSpan> _deletedAt = [];
    private TimeSpan _frozenAt = -TimeSpan.FromHours(1);
    private TimeSpan _instant;
    private int _inInstant;

    /// <summary>Bindings so far.</summary>
    public int Count { get; private set; }

    public void OnDeleted(string name) => _deletedAt[name] = clock.Elapsed;

    public void OnSettled()
    {
        if (watch.Slot is { IsFrozen: true })
        {
            _frozenAt = clock.Elapsed;
        }
    }

    public void OnBound(string name, BindCommand command, BindReply reply)
    {
        Count++;
        if (_instant != clock.Elapsed)
        {
            (_instant, _inInstant) = (clock.Elapsed, 0);
        }

        findings.Require(++_inInstant < MostAtOnce, "nobody waits by trying", () => $"{_inInstant} bindings at one moment, the last {command.Leg} to {name}; {watch.Describe()}");
        var view = reply.View;
        findings.Require(
            view is { Schedulable: true, Liveness: Liveness.Active or Liveness.LeaseLost, Admin: AdminState.Open } && view.Breaker != BreakerState.Open && view.Epoch == command.Epoch,
            "S4 nothing is bound to what is not schedulable",
            () => $"{command.Leg} to {name} in epoch {command.Epoch}: {view}");
        findings.Require(
            watch.HadTwin || !watch.Admin.IsClosed(name, command.Epoch), "S4 nothing is bound to what an operator closed", () => $"{command.Leg} to {name} in epoch {command.Epoch}");
        findings.Require(view is null || view.Load.ReservedRequests <= view.Limit, "S11 no more than the limit", () => $"{name} holds {view!.Load.ReservedRequests} of {view.Limit}");
        var silence = evidence.LeastSilence(name);
        findings.Require(
            silence == TimeSpan.MaxValue || silence <= Longest(name) || watch.HadTwin || watch.Slot is { IsFrozen: true } || clock.Elapsed - _frozenAt <= SecondLook, "L3 nothing is bound to who is silent", () => $"{command.Leg} to {name}, last alive {silence.TotalSeconds:F2} s ago");
    }

    private TimeSpan Longest(string name)
    {
        var longest = LongestSilence;
        if (watch.StoodStill > TimeSpan.Zero)
        {
            longest += watch.StoodStill + SecondLook;
        }

        return _deletedAt.TryGetValue(name, out var at) && clock.Elapsed - at <= DeleteProbe ? longest + DeleteProbe : longest;
    }
}
