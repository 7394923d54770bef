using Krewe.Core.Time;

namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    /// <summary>When a lease ends that was not renewed: where silence decides, not before its pool could hear of it.</summary>
    private static Monotonic LeaseEndsAt(InstanceState state, LeaseOptions options) =>
        state.AheadResult == ProbeResult.TimedOut ? HeldBack(state, state.LeaseUntil, options) : state.LeaseUntil;

    /// <summary>What is due at this moment, if not for the silence that its pool must hear of first.</summary>
    private static Monotonic HeldBack(InstanceState state, Monotonic due, LeaseOptions options)
    {
        if (state.AheadResult == ProbeResult.Unhealthy)
        {
            return due;
        }

        due = state.SilentSince is { } since ? Monotonic.Max(due, since + options.SuspectHold) : due;
        return state.HeldUntil is { } held ? Monotonic.Max(due, held) : due;
    }

    private static Monotonic RemovedAt(InstanceState state) =>
        state.HeldUntil is { } held ? Monotonic.Max(state.SuspectUntil, held) : state.SuspectUntil;

    /// <summary>An unanswered probe is silence; an answer, however bad, ends it.</summary>
    private static void NoteSilence(LifecycleTurn turn, ProbeResult result)
    {
        var state = turn.State;
        if (result == ProbeResult.TimedOut)
        {
            turn.State = state with { SilentSince = state.SilentSince ?? turn.Now };
        }
        else if (result == ProbeResult.Unhealthy)
        {
            turn.State = state with { SilentSince = null };
        }
    }

    /// <summary>The engine was heard. Whose agent is silent for too long stays silent for that.</summary>
    private static void ClearSilence(LifecycleTurn turn)
    {
        var state = turn.State;
        if (state.Liveness != Liveness.LeaseLost || turn.Now < CappedAt(state, turn.Options))
        {
            turn.State = state with { SilentSince = null };
        }
    }

    /// <summary>Asked when silence is due to have its consequence. False: not yet, since its pool must hear of it first, or is frozen.</summary>
    private static bool MayTurnSuspect(LifecycleTurn turn)
    {
        var state = turn.State;
        if (state.AheadResult == ProbeResult.Unhealthy)
        {
            return true;
        }

        if (state.SilentSince is null)
        {
            turn.State = state with { SilentSince = turn.Now };
            return false;
        }

        if (!turn.IsFrozen)
        {
            return true;
        }

        Hold(turn);
        return false;
    }

    private static bool IsSilentOnly(InstanceState state) =>
        state is { SuspectEvidence: EvidenceKind.Silent, SilentSince: not null, IsCapped: false, IsDeleted: false };

    /// <summary>In a frozen pool: who was suspected just before it froze belongs to the same silence, who long before is not removed by it.</summary>
    private static void KeepSuspect(LifecycleTurn turn)
    {
        var since = turn.State.SuspectUntil - turn.Options.SuspectWindow;
        if (turn.Now - since <= turn.Options.BlindWindow)
        {
            Hold(turn);
        }
        else if (RemovedAt(turn.State) <= turn.Now)
        {
            turn.State = turn.State with { HeldUntil = turn.Now + turn.Options.SuspectHold };
        }
    }

    private static void Hold(LifecycleTurn turn)
    {
        if (turn.State.Liveness != Liveness.LeaseLost)
        {
            BecomeLeaseLost(turn, TransitionCause.PoolFrozen);
        }

        turn.State = turn.State with { HeldUntil = turn.Now + turn.Options.SuspectHold };
    }
}
