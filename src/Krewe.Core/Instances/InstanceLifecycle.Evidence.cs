namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    private static InstanceVerdict OnHeartbeat(LifecycleTurn turn, InstanceEvent.HeartbeatReceived heartbeat)
    {
        if (Refusal(turn.State, heartbeat.Incarnation) is { } refusal)
        {
            return refusal;
        }

        if (heartbeat.Sequence <= turn.State.Sequence)
        {
            return InstanceVerdict.Ignored;
        }

        turn.State = turn.State with { Sequence = heartbeat.Sequence };
        var ago = heartbeat.EngineSeen < TimeSpan.Zero ? TimeSpan.Zero : heartbeat.EngineSeen;
        if (ago >= turn.Options.EngineSeenLimit || turn.Now - ago < turn.State.DeadAt)
        {
            return InstanceVerdict.Ignored;
        }

        if (turn.State.SuspectEvidence == EvidenceKind.Dead)
        {
            return AskWhoRefused(turn);
        }

        turn.State = turn.State with { HeardAt = turn.Now, SpokeAt = turn.Now, DeadAt = null, SilentSince = null };
        Confirm(turn);
        if (turn.State.IsCapped)
        {
            return InstanceVerdict.Accepted;
        }

        if (turn.State.IsDeleted)
        {
            // While Active the probe that the delete began has the say.
            if (turn.State.Liveness is not Liveness.Active)
            {
                BecomeLeaseLost(turn, TransitionCause.Heartbeat);
            }

            return InstanceVerdict.Accepted;
        }

        GrantLease(turn, turn.Now - ago);
        BecomeActive(turn, TransitionCause.Heartbeat);
        return InstanceVerdict.Renewed;
    }

    /// <summary>
    /// How long a heartbeat was on its way nobody knows, so that one sent before the engine died may look younger than the
    /// refusal. What an address said only the address takes back: it is asked at once.
    /// </summary>
    private static InstanceVerdict AskWhoRefused(LifecycleTurn turn)
    {
        turn.State = turn.State with { HeardAt = turn.Now, SpokeAt = turn.Now };
        if (turn.State.Probe is null)
        {
            turn.StartProbe(turn.Options.EvidenceProbe, ProbePurpose.Urgent);
        }

        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict OnTokens(LifecycleTurn turn, InstanceEvent.TokensSeen tokens)
    {
        if (!IsCurrent(turn.State, tokens.Epoch))
        {
            return InstanceVerdict.Ignored;
        }

        turn.State = turn.State with { HeardAt = turn.Now, SpokeAt = turn.Now, DeadAt = null };
        if (turn.State.Liveness != Liveness.Active)
        {
            // They are no lease: whose lease ends is as silent as before, or it would live on tokens for ever.
            ClearSilence(turn);
        }

        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict OnConnectionFailed(LifecycleTurn turn, InstanceEvent.ConnectionFailed failed)
    {
        // An unconfirmed epoch serves no attempts and is being probed anyway; a probe that a failure began, or a
        // delete, also tells of this one.
        if (!IsCurrent(turn.State, failed.Epoch)
            || turn.State.Liveness == Liveness.Joining
            || turn.State.Probe is { Purpose: not ProbePurpose.Routine })
        {
            return InstanceVerdict.Ignored;
        }

        turn.StartProbe(turn.Options.EvidenceProbe, ProbePurpose.Urgent);
        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict OnDelete(LifecycleTurn turn, InstanceEvent.DeleteReceived delete)
    {
        if (Refusal(turn.State, delete.Incarnation) is { } refusal)
        {
            return refusal;
        }

        if (turn.State.IsDeleted)
        {
            return InstanceVerdict.Ignored;
        }

        // What the probe ahead of the lease's end found stands: a delete must not give a silent one more time.
        turn.State = turn.State with { IsDeleted = true };
        turn.StartProbe(turn.Options.DeleteProbe, ProbePurpose.Delete);
        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict OnAttemptFinished(LifecycleTurn turn, InstanceEvent.AttemptFinished finished)
    {
        var state = turn.State;
        if (!IsCurrent(state, finished.Epoch))
        {
            return InstanceVerdict.Ignored;
        }

        var circuit = state.Circuit.Book(finished.Leg, finished.Verdict, turn.Now, turn.Options.Breaker);
        if (ReferenceEquals(circuit, state.Circuit))
        {
            return InstanceVerdict.Ignored;
        }

        var cause = (state.Breaker, circuit.State) switch
        {
            (BreakerState.HalfOpen, BreakerState.Closed) => TransitionCause.TrialSucceeded,
            (BreakerState.HalfOpen, _) => TransitionCause.TrialFailed,
            _ => TransitionCause.AttemptsFailed,
        };
        turn.Move(state with { Circuit = circuit }, cause);
        return InstanceVerdict.Accepted;
    }
}
