namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    private static InstanceVerdict OnCordon(LifecycleTurn turn) =>
        SetAdmin(turn, AdminState.Open, AdminState.Cordoned, TransitionCause.Cordoned);

    private static InstanceVerdict OnUncordon(LifecycleTurn turn) =>
        SetAdmin(turn, AdminState.Cordoned, AdminState.Open, TransitionCause.Uncordoned);

    private static InstanceVerdict SetAdmin(LifecycleTurn turn, AdminState from, AdminState to, TransitionCause cause)
    {
        if (turn.State.Liveness == Liveness.Removed)
        {
            return InstanceVerdict.UnknownInstance;
        }

        if (turn.State.Admin != from)
        {
            return InstanceVerdict.Ignored;
        }

        turn.Move(turn.State with { Admin = to }, cause);
        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict OnDrain(LifecycleTurn turn, InstanceEvent.DrainReceived drain)
    {
        var state = turn.State;
        if (state.Liveness == Liveness.Removed)
        {
            return state.Admin == AdminState.Drained ? InstanceVerdict.Ignored : InstanceVerdict.UnknownInstance;
        }

        var span = drain.Deadline < TimeSpan.Zero ? TimeSpan.Zero : drain.Deadline;
        span = span < turn.Options.DrainLimit ? span : turn.Options.DrainLimit;
        var until = turn.Now + span;
        if (state.Admin != AdminState.Draining || until < state.DrainUntil)
        {
            turn.Move(state with { Admin = AdminState.Draining, DrainUntil = until, DrainFor = span }, TransitionCause.DrainAsked);
        }
        else if (!drain.IsEmpty)
        {
            return InstanceVerdict.Ignored;
        }

        // Nothing was ever bound to an epoch that is not confirmed.
        if (drain.IsEmpty || !state.IsConfirmed)
        {
            Remove(turn, TransitionCause.DrainedEmpty, null);
        }

        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict OnReservationsEmptied(LifecycleTurn turn, InstanceEvent.ReservationsEmptied emptied)
    {
        if (!IsCurrent(turn.State, emptied.Epoch) || turn.State.Admin != AdminState.Draining)
        {
            return InstanceVerdict.Ignored;
        }

        Remove(turn, TransitionCause.DrainedEmpty, null);
        return InstanceVerdict.Accepted;
    }
}
