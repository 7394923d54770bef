namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    private static InstanceVerdict OnProbeFinished(LifecycleTurn turn, InstanceEvent.ProbeFinished finished)
    {
        var state = turn.State;
        if (!IsCurrent(state, finished.Epoch) || state.Incarnation != finished.Incarnation || state.Probe?.Number != finished.ProbeNumber)
        {
            return InstanceVerdict.Ignored;
        }

        EndProbe(turn, finished.Result);
        return InstanceVerdict.Accepted;
    }

    private static void EndProbe(LifecycleTurn turn, ProbeResult result)
    {
        var purpose = turn.State.Probe!.Purpose;
        turn.State = turn.State with { Probe = null };
        SetNextProbe(turn);
        switch (result)
        {
            case ProbeResult.Ok:
                OnProbeOk(turn);
                break;
            case ProbeResult.Refused:
                OnProbeRefused(turn);
                break;
            default:
                OnProbeSilent(turn, result, purpose);
                break;
        }
    }

    private static void OnProbeOk(LifecycleTurn turn)
    {
        turn.State = turn.State with { HeardAt = turn.Now, DeadAt = null };
        ClearSilence(turn);
        Confirm(turn);
        var state = turn.State;
        switch (state.Liveness)
        {
            case Liveness.Suspect when state.IsCapped:
                break;
            case Liveness.Active when !state.IsDeleted:
                NoteAhead(turn, ProbeResult.Ok);
                break;
            case Liveness.Joining when !state.IsDeleted:
                GrantLease(turn, turn.Now);
                BecomeActive(turn, TransitionCause.ProbeOk);
                break;
            case Liveness.Suspect when !state.IsDeleted && state.LeaseUntil > turn.Now:
                BecomeActive(turn, TransitionCause.ProbeOk);
                break;
            default:
                BecomeLeaseLost(turn, state.IsDeleted ? TransitionCause.Deleted : TransitionCause.ProbeOk);
                break;
        }
    }

    private static void OnProbeRefused(LifecycleTurn turn)
    {
        var earlier = turn.State.DeadAt;
        turn.State = turn.State with { DeadAt = turn.Now };
        switch (turn.State.Liveness)
        {
            // Its process may not listen yet.
            case Liveness.Joining when !turn.State.IsDeleted:
                break;
            case Liveness.Suspect when turn.Now - earlier <= turn.Options.DeadConfirm:
                Remove(turn, TransitionCause.DeadTwice, EvidenceKind.Dead);
                break;
            default:
                BecomeSuspect(turn, TransitionCause.Refused, EvidenceKind.Dead);
                break;
        }
    }

    private static void OnProbeSilent(LifecycleTurn turn, ProbeResult result, ProbePurpose purpose)
    {
        switch (turn.State.Liveness)
        {
            case Liveness.Active or Liveness.Joining when turn.State.IsDeleted:
            case Liveness.LeaseLost when purpose == ProbePurpose.Delete:
                BecomeSuspect(turn, TransitionCause.Deleted, EvidenceKind.Silent);
                break;
            case Liveness.Active:
                NoteAhead(turn, result);
                break;
            case Liveness.LeaseLost:
                turn.State = turn.State with { AheadResult = result };
                NoteSilence(turn, result);
                break;
            case Liveness.Suspect:
                NoteSilence(turn, result);
                break;
        }
    }

    /// <summary>In the second half of a lease a probe's result stands for what follows at its end; at or after the end it decides now.</summary>
    private static void NoteAhead(LifecycleTurn turn, ProbeResult result)
    {
        if (turn.Now < HalfLease(turn.State, turn.Options))
        {
            return;
        }

        turn.State = turn.State with { AheadResult = result };
        NoteSilence(turn, result);
        if (turn.Now >= LeaseEndsAt(turn.State, turn.Options))
        {
            EndLease(turn);
        }
    }

    private static void EndLease(LifecycleTurn turn)
    {
        if (turn.State.AheadResult == ProbeResult.Ok)
        {
            BecomeLeaseLost(turn, TransitionCause.LeaseOver);
        }
        else if (MayTurnSuspect(turn))
        {
            BecomeSuspect(turn, TransitionCause.LeaseOver, EvidenceKind.Silent);
        }
    }
}
