using Krewe.Core.Time;

namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    /// <summary>More than the rules can chain; with options that were not validated a tick still ends.</summary>
    private const int MaxPasses = 8;

    private static readonly TimeSpan LongestLateness = TimeSpan.FromDays(1);

    /// <summary>The earliest moment at which a <see cref="InstanceEvent.Tick"/> changes something; null if none ever would. In the past only where a tick is late; after a tick it lies in the future.</summary>
    public static Monotonic? NextWake(InstanceState state, LeaseOptions options)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(options);
        if (state.Liveness == Liveness.Removed)
        {
            return null;
        }

        var wake = new Monotonic(long.MaxValue);
        if (state.Breaker == BreakerState.Open)
        {
            Consider(state.Circuit.OpenUntil);
        }

        if (state.DrainUntil is { } drain)
        {
            Consider(drain);
        }

        if (state.Probe is { } probe)
        {
            Consider(probe.OverdueAt);
        }
        else if (state.Liveness != Liveness.Active)
        {
            Consider(state.NextProbeAt);
        }
        else if (state.AheadResult is null)
        {
            Consider(HalfLease(state, options));
        }

        switch (state.Liveness)
        {
            case Liveness.Joining:
                Consider(state.JoinUntil);
                break;
            case Liveness.Active when state.AheadResult is not null:
                Consider(LeaseEndsAt(state, options));
                break;
            case Liveness.LeaseLost:
                Consider(HeldBack(state, Monotonic.Min(SilentAt(state, options), CappedAt(state, options)), options));
                break;
            case Liveness.Suspect:
                Consider(RemovedAt(state));
                break;
        }

        return wake.Ticks == long.MaxValue ? null : wake;

        void Consider(Monotonic at) => wake = Monotonic.Min(wake, at);
    }

    private static InstanceVerdict OnTick(LifecycleTurn turn)
    {
        if (!IsDue(turn))
        {
            return InstanceVerdict.Ignored;
        }

        // One thing may make the next one due where the tick is late: the end of a lease, then of its grace.
        for (var pass = 0; pass < MaxPasses && IsDue(turn); pass++)
        {
            OnDue(turn);
        }

        return InstanceVerdict.Accepted;
    }

    private static bool IsDue(LifecycleTurn turn) => NextWake(turn.State, turn.Options) <= turn.Now;

    private static void OnDue(LifecycleTurn turn)
    {
        turn.Move(turn.State with { Circuit = turn.State.Circuit.At(turn.Now) }, TransitionCause.TrialDue);
        if (turn.State.DrainUntil <= turn.Now)
        {
            Remove(turn, TransitionCause.DrainDeadline, null);
            return;
        }

        if (turn.State.Probe?.OverdueAt <= turn.Now)
        {
            EndProbe(turn, ProbeResult.TimedOut);
        }

        switch (turn.State.Liveness)
        {
            case Liveness.Joining when turn.State.JoinUntil <= turn.Now:
                Remove(turn, TransitionCause.JoinTimedOut, null);
                break;
            case Liveness.Active when turn.State.AheadResult is not null && LeaseEndsAt(turn.State, turn.Options) <= turn.Now:
                EndLease(turn);
                break;
            case Liveness.LeaseLost when HeldBack(turn.State, CappedAt(turn.State, turn.Options), turn.Options) <= turn.Now:
                if (MayTurnSuspect(turn))
                {
                    turn.State = turn.State with { IsCapped = true };
                    BecomeSuspect(turn, TransitionCause.LeaseLostCap, EvidenceKind.Silent);
                }

                break;
            case Liveness.LeaseLost when HeldBack(turn.State, SilentAt(turn.State, turn.Options), turn.Options) <= turn.Now:
                if (MayTurnSuspect(turn))
                {
                    BecomeSuspect(turn, TransitionCause.Silence, EvidenceKind.Silent);
                }

                break;
            case Liveness.Suspect when turn.IsFrozen && IsSilentOnly(turn.State):
                KeepSuspect(turn);
                break;
            case Liveness.Suspect when RemovedAt(turn.State) <= turn.Now:
                Remove(turn, TransitionCause.SuspectWindowOver, turn.State.SuspectEvidence);
                break;
        }

        ProbeIfDue(turn);
    }

    private static void ProbeIfDue(LifecycleTurn turn)
    {
        var state = turn.State;
        if (state.Probe is not null)
        {
            return;
        }

        if (state.Liveness == Liveness.Active)
        {
            if (state.AheadResult is null && HalfLease(state, turn.Options) <= turn.Now)
            {
                turn.StartProbe(turn.Options.AheadProbe, ProbePurpose.Routine);
            }
        }
        else if (state.Liveness != Liveness.Removed && state.NextProbeAt <= turn.Now)
        {
            turn.StartProbe(turn.Options.EvidenceProbe, ProbePurpose.Routine);
        }
    }

    /// <summary>
    /// What seemed silent may be waiting in our own queues, so every limit on silence moves by our lateness, and by no
    /// more than what it grants anew. A drain's deadline stays: it is a promise, not a guess.
    /// </summary>
    private static InstanceVerdict OnClockLate(LifecycleTurn turn, TimeSpan by)
    {
        var state = turn.State;
        if (by <= turn.Options.ClockLateThreshold || state.Liveness == Liveness.Removed)
        {
            return InstanceVerdict.Ignored;
        }

        by = by < LongestLateness ? by : LongestLateness;
        turn.State = state with
        {
            HeardAt = Later(state.HeardAt, TimeSpan.Zero),
            SpokeAt = Later(state.SpokeAt, TimeSpan.Zero),
            LeaseUntil = state.Liveness == Liveness.Active ? Later(state.LeaseUntil, turn.Options.Ttl) : state.LeaseUntil,
            JoinUntil = Later(state.JoinUntil, turn.Options.JoinLimit),
            SuspectUntil = Later(state.SuspectUntil, turn.Options.SuspectWindow),

            // A probe that failed while we were late says more of us than of the engine.
            AheadResult = state.AheadResult == ProbeResult.Ok ? state.AheadResult : null,
            SilentSince = state.Liveness == Liveness.Suspect ? state.SilentSince : null,
            Probe = state.Probe is { } probe ? probe with { OverdueAt = Later(probe.OverdueAt, turn.Options.DeleteProbe.Longest) } : null,
        };
        return InstanceVerdict.Accepted;

        Monotonic Later(Monotonic at, TimeSpan most) => Monotonic.Max(at, Monotonic.Min(at + by, turn.Now + most));
    }

    private static Monotonic SilentAt(InstanceState state, LeaseOptions options) => state.HeardAt + options.LeaseLostSilence;

    private static Monotonic CappedAt(InstanceState state, LeaseOptions options) => state.LeaseGoneSince!.Value + options.LeaseLostCap;
}
