using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>No state lasts that may not (L5), and nobody is suspected of silence who was heard (S20).</summary>
internal sealed class LivenessCheck(SimulationClock clock, Findings findings, Evidence evidence, SimSilo silo)
{
    private static readonly LeaseOptions Lease = LeaseOptions.Default;
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (Liveness State, TimeSpan Since, TimeSpan StoodStill)> _states = [];
    private TimeSpan _checkedAt;

    public void OnView(string name, InstanceView? before, InstanceView after)
    {
        if (before?.Liveness == after.Liveness && before.Epoch == after.Epoch)
        {
            return;
        }

        var since = _states.TryGetValue(name, out var known) ? known.Since : clock.Elapsed;
        _states[name] = (after.Liveness, clock.Elapsed, silo.StoodStill);
        if (after.Liveness == Liveness.Suspect && before?.Epoch == after.Epoch)
        {
            OnSuspect(name, after);
        }
        else if (after.Liveness == Liveness.Removed && before is not null && before.Epoch == after.Epoch)
        {
            OnRemoved(name, after, since);
        }
    }

    public void OnSettled()
    {
        // Nothing here turns bad between two looks.
        if (clock.Elapsed - _checkedAt < TimeSpan.FromMilliseconds(500))
        {
            return;
        }

        _checkedAt = clock.Elapsed;
        foreach (var (name, (state, since, stoodStill)) in _states)
        {
            var limit = state switch
            {
                Liveness.Suspect => Lease.SuspectWindow,
                Liveness.Joining => Lease.JoinLimit,
                _ => TimeSpan.MaxValue,
            };
            if (limit != TimeSpan.MaxValue)
            {
                var lasted = clock.Elapsed - since - (silo.StoodStill - stoodStill);
                findings.Require(lasted < limit + Grace, "L5 no passing state lasts", () => $"{name} is {state} since {lasted.TotalSeconds:F1} s");
            }
        }
    }

    private void OnSuspect(string name, InstanceView after)
    {
        if (silo.HadTwin)
        {
            // What it believes may be what the other activation stored.
            return;
        }

        var cause = CauseOf(after.Id, "Suspect");
        if (cause.StartsWith("LeaseOver", StringComparison.Ordinal) || cause.StartsWith("Silence", StringComparison.Ordinal))
        {
            var silence = cause.StartsWith("LeaseOver", StringComparison.Ordinal) ? evidence.SinceRenewed(name) : evidence.Silence(name);
            findings.Require(
                silence >= Lease.Ttl - Tolerance, "S20 who was heard is not suspected", () => $"{name} is Suspect ({cause}) though it was alive {silence.TotalSeconds:F2} s ago");
        }
    }

    private void OnRemoved(string name, InstanceView after, TimeSpan since)
    {
        var cause = CauseOf(after.Id, "Removed");
        if (cause.StartsWith("SuspectWindowOver", StringComparison.Ordinal))
        {
            findings.Require(
                clock.Elapsed - since >= Lease.SuspectWindow - Tolerance, "S20 the whole window is given", () => $"{name} was Suspect for {(clock.Elapsed - since).TotalSeconds:F2} s");
        }
        else if (cause.StartsWith("Drained", StringComparison.Ordinal) || cause.StartsWith("DrainDeadline", StringComparison.Ordinal))
        {
            findings.Require(
                silo.Watch.Admin.WasDrainAsked(name, after.Epoch), "S1 only who is drained goes", () => $"{name} in epoch {after.Epoch} ({after.Registration.Incarnation}) was drained, and nobody asked for that");
        }

    }

    private string CauseOf(InstanceId id, string to) =>
        silo.Services.Events.Newest(SimSilo.Pool, 20).FirstOrDefault(entry => entry.Instance == id.Name && entry.What == "liveness" && entry.To == to)?.Cause ?? "";
}
