using Krewe.Core.Instances.Breaking;

namespace Krewe.Core.Instances;

/// <summary>The times of an instance's life. All are spans on a monotonic clock.</summary>
public sealed record LeaseOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static LeaseOptions Default { get; } = new();

    /// <summary>How long a lease lasts, counted from the moment the engine was last seen alive. Default 3 s.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often agents are told to send a heartbeat. Default 500 ms; at most a third of <see cref="Ttl"/>.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A heartbeat counts only if its engine answered less than this ago. Default 2 s; less than <see cref="Ttl"/>.</summary>
    public TimeSpan EngineSeenLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>An incumbent heard less than this ago keeps its name against another incarnation. Default 1 s.</summary>
    public TimeSpan IncumbentHeard { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A Joining instance that is not confirmed within this is removed. Default 60 s.</summary>
    public TimeSpan JoinLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pause between two probes of a Joining instance. Default 500 ms.</summary>
    public TimeSpan JoinProbeInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The probe ahead of a lease's end, sent when half of <see cref="Ttl"/> is left. Default 2 tries of 500 ms.</summary>
    public ProbePlan AheadProbe { get; init; } = new(2, TimeSpan.FromMilliseconds(500), TimeSpan.Zero);

    /// <summary>The probe on a delete event. Default 2 tries of 1 s, 100 ms apart.</summary>
    public ProbePlan DeleteProbe { get; init; } = new(2, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100));

    /// <summary>Every other probe: joining, lease lost, suspect, after a failed connection. Default 1 try of 500 ms.</summary>
    public ProbePlan EvidenceProbe { get; init; } = new(1, TimeSpan.FromMilliseconds(500), TimeSpan.Zero);

    /// <summary>How long beyond its plan a probe's result is waited for before it counts as timed out. Default 250 ms.</summary>
    public TimeSpan ProbeGrace { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Pause between two probes of a LeaseLost instance. Default 1 s.</summary>
    public TimeSpan LeaseLostProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A LeaseLost instance without evidence for this long turns Suspect. Default 3 s.</summary>
    public TimeSpan LeaseLostSilence { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Longest time without a lease; after it only a registration rescues. Default 5 min.</summary>
    public TimeSpan LeaseLostCap { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A Suspect instance is back or removed within this. Default 15 s.</summary>
    public TimeSpan SuspectWindow { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Pause between two probes of a Suspect instance. Default 400 ms; with the probe's timeout it must stay within <see cref="DeadConfirm"/>.</summary>
    public TimeSpan SuspectProbeInterval { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Two pieces of dead evidence within this, and no newer token, remove an instance. Default 1 s.</summary>
    public TimeSpan DeadConfirm { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// An instance is known to be silent for at least this long before it turns Suspect for it, so that its pool can tell a
    /// loss from our own blindness. Default 400 ms; less than <see cref="LeaseLostSilence"/>. It costs nothing where the
    /// probe ahead of the lease's end has told so already.
    /// </summary>
    public TimeSpan SuspectHold { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Silences that begin within this of each other may have one cause: see <see cref="Pools.BlindnessRule"/>. Default 5 s; more than <see cref="SuspectHold"/>.</summary>
    public TimeSpan BlindWindow { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long most of a pool must be heard again before what is still silent is taken for lost. Default 1 s.</summary>
    public TimeSpan ThawAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A silo's own timer that ran later than this extends the leases by its lateness. Default 500 ms.</summary>
    public TimeSpan ClockLateThreshold { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest deadline of a drain. Default 1 h; a longer one is cut to it.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromHours(1);

    public BreakerOptions Breaker { get; init; } = new();

    /// <summary>What is wrong with these options, each naming its key; empty if nothing.</summary>
    /// <param name="section">The configuration section, for the messages.</param>
    public IReadOnlyList<string> Validate(string section = "Krewe:Lease")
    {
        var errors = new List<string>();
        Positive(Ttl, nameof(Ttl));
        Positive(HeartbeatInterval, nameof(HeartbeatInterval));
        Require(HeartbeatInterval * 3 <= Ttl, nameof(HeartbeatInterval), $"must be at most a third of {nameof(Ttl)}");
        Positive(EngineSeenLimit, nameof(EngineSeenLimit));
        Require(EngineSeenLimit < Ttl, nameof(EngineSeenLimit), $"must be less than {nameof(Ttl)}");
        Require(IncumbentHeard >= TimeSpan.Zero && IncumbentHeard < Ttl, nameof(IncumbentHeard), $"must be at least 0 and less than {nameof(Ttl)}");
        Positive(JoinLimit, nameof(JoinLimit));
        Positive(JoinProbeInterval, nameof(JoinProbeInterval));
        Plan(AheadProbe, nameof(AheadProbe));
        Require(AheadProbe.Longest <= Ttl / 2, nameof(AheadProbe), $"must take at most half of {nameof(Ttl)} in all");
        Plan(DeleteProbe, nameof(DeleteProbe));
        Plan(EvidenceProbe, nameof(EvidenceProbe));
        Positive(ProbeGrace, nameof(ProbeGrace));
        Positive(LeaseLostProbeInterval, nameof(LeaseLostProbeInterval));
        Require(LeaseLostSilence > LeaseLostProbeInterval + EvidenceProbe.Longest, nameof(LeaseLostSilence), $"must be more than {nameof(LeaseLostProbeInterval)} and {nameof(EvidenceProbe)} together");
        Require(LeaseLostCap > LeaseLostSilence, nameof(LeaseLostCap), $"must be more than {nameof(LeaseLostSilence)}");
        Positive(SuspectProbeInterval, nameof(SuspectProbeInterval));
        Require(DeadConfirm >= SuspectProbeInterval + EvidenceProbe.Longest, nameof(DeadConfirm), $"must be at least {nameof(SuspectProbeInterval)} and {nameof(EvidenceProbe)} together");
        Require(SuspectWindow > DeadConfirm, nameof(SuspectWindow), $"must be more than {nameof(DeadConfirm)}");
        Positive(SuspectHold, nameof(SuspectHold));
        Require(SuspectHold < LeaseLostSilence, nameof(SuspectHold), $"must be less than {nameof(LeaseLostSilence)}");
        Positive(BlindWindow, nameof(BlindWindow));
        Require(BlindWindow > SuspectHold, nameof(BlindWindow), $"must be more than {nameof(SuspectHold)}");
        Positive(ThawAfter, nameof(ThawAfter));
        Positive(ClockLateThreshold, nameof(ClockLateThreshold));
        Positive(DrainLimit, nameof(DrainLimit));
        errors.AddRange(Breaker.Validate($"{section}:{nameof(Breaker)}"));
        return errors;

        void Positive(TimeSpan span, string key) => Require(span > TimeSpan.Zero && span <= Longest, key, "must be more than 0 and at most 1 day");

        void Plan(ProbePlan plan, string key)
        {
            Require(plan.Tries is >= 1 and <= 10, $"{key}:{nameof(plan.Tries)}", "must be 1 to 10");
            Require(plan.Timeout > TimeSpan.Zero && plan.Timeout <= Longest, $"{key}:{nameof(plan.Timeout)}", "must be more than 0 and at most 1 day");
            Require(plan.Pause >= TimeSpan.Zero && plan.Pause <= Longest, $"{key}:{nameof(plan.Pause)}", "must be 0 to 1 day");
        }

        void Require(bool holds, string key, string rule)
        {
            if (!holds)
            {
                errors.Add($"{section}:{key} {rule}.");
            }
        }
    }
}
