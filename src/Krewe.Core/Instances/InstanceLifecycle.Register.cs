using System.Collections.Immutable;
using Krewe.Core.Identity;

namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    private static InstanceVerdict OnRegister(LifecycleTurn turn, Registration registration)
    {
        var state = turn.State;
        var incarnation = registration.Incarnation;
        if (state.Superseded.Contains(incarnation))
        {
            return InstanceVerdict.StaleIncarnation;
        }

        var isIncumbent = state.Incarnation == incarnation;
        if ((isIncumbent ? state.Admin : AdminOfDisplaced(state, incarnation)) == AdminState.Drained)
        {
            return InstanceVerdict.Drained;
        }

        if (state.Liveness == Liveness.Removed)
        {
            return BeginEpoch(turn, registration);
        }

        if (isIncumbent)
        {
            return state.Registration!.IsSameLife(registration) ? Renew(turn, registration) : BeginEpoch(turn, registration);
        }

        // At the incumbent's own address its probes are answered by the newcomer: a restarted engine must not keep itself out.
        var heardAt = registration.Url == state.Registration!.Url ? state.SpokeAt : state.HeardAt;
        return turn.Now - heardAt < turn.Options.IncumbentHeard
            ? InstanceVerdict.NameInUse
            : BeginEpoch(turn, registration);
    }

    private static InstanceVerdict BeginEpoch(LifecycleTurn turn, Registration registration)
    {
        var state = turn.State;
        var incarnation = registration.Incarnation;
        var isIncumbent = state.Incarnation == incarnation;
        var admin = isIncumbent ? state.Admin : AdminOfDisplaced(state, incarnation) ?? AdminState.Open;
        var displaced = state.Displaced.RemoveAll(other => other.Incarnation == incarnation);
        var superseded = state.Superseded;
        if (state.Incarnation is { } incumbent && !isIncumbent)
        {
            // A drain is over for one that has a successor: it needs no timer of its own while it is displaced.
            displaced = displaced.Add(new DisplacedIncarnation(incumbent, state.Admin is AdminState.Draining ? AdminState.Drained : state.Admin));
            if (displaced.Length > InstanceState.MaxDisplaced)
            {
                superseded = Supersede(superseded, displaced[0].Incarnation);
                displaced = displaced.RemoveAt(0);
            }
        }

        turn.Move(
            state.AtEndOfEpoch() with
            {
                Epoch = state.Epoch.Next(),
                Registration = registration,
                Liveness = Liveness.Joining,
                Admin = admin,
                IsConfirmed = false,
                LeaseUntil = turn.Now + turn.Options.Ttl,
                HeardAt = turn.Now,
                SpokeAt = turn.Now,
                JoinUntil = turn.Now + turn.Options.JoinLimit,
                DrainUntil = admin == AdminState.Draining ? state.DrainUntil : null,
                DrainFor = admin == AdminState.Draining ? state.DrainFor : null,
                Displaced = displaced,
                Superseded = superseded,
            },
            TransitionCause.Registered);
        turn.StartProbe(turn.Options.EvidenceProbe, ProbePurpose.Routine);
        return InstanceVerdict.Accepted;
    }

    private static InstanceVerdict Renew(LifecycleTurn turn, Registration registration)
    {
        var wasSuspect = turn.State.Liveness == Liveness.Suspect;
        turn.State = turn.State with
        {
            Registration = registration,
            HeardAt = turn.Now,
            SpokeAt = turn.Now,
            Sequence = null,
            IsDeleted = false,
            IsCapped = false,
            SilentSince = null,
        };
        GrantLease(turn, turn.Now);
        if (turn.State.IsConfirmed)
        {
            BecomeActive(turn, TransitionCause.RegisteredAgain);
        }
        else if (wasSuspect)
        {
            // Deleted before it was confirmed, and now not deleted: what is left of its time to join goes on.
            turn.Move(turn.State with { Liveness = Liveness.Joining, SuspectEvidence = null }, TransitionCause.RegisteredAgain);
        }

        if (wasSuspect)
        {
            // An agent may register an engine that it does not know to be dead.
            turn.StartProbe(turn.Options.EvidenceProbe, ProbePurpose.Urgent);
        }

        return InstanceVerdict.Renewed;
    }

    /// <summary>A heartbeat or a good probe of this epoch: the takeover is final, whom it displaced never comes back.</summary>
    private static void Confirm(LifecycleTurn turn)
    {
        var state = turn.State;
        if (state.IsConfirmed)
        {
            return;
        }

        var superseded = state.Superseded;
        foreach (var displaced in state.Displaced)
        {
            superseded = Supersede(superseded, displaced.Incarnation);
        }

        turn.State = state with { IsConfirmed = true, HeldEpoch = state.Epoch, Displaced = [], Superseded = superseded };
        if (state.HeldEpoch != Epoch.None)
        {
            turn.Add(new InstanceEffect.EpochLost(state.HeldEpoch, null, TransitionCause.Superseded, RebindAll: true));
        }

        turn.Add(new InstanceEffect.LedgerMoved(state.Epoch));
    }

    private static ImmutableArray<IncarnationId> Supersede(ImmutableArray<IncarnationId> superseded, IncarnationId incarnation)
    {
        var next = superseded.Add(incarnation);
        return next.Length > InstanceState.MaxSuperseded ? next.RemoveAt(0) : next;
    }
}
