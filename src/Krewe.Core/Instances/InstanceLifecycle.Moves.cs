using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    private static Monotonic HalfLease(InstanceState state, LeaseOptions options) => state.LeaseUntil - (options.Ttl / 2);

    /// <summary>
    /// A lease from the moment that the engine was seen alive, not from the news of it: else an engine that stops just
    /// after it was seen would stay schedulable for <see cref="LeaseOptions.EngineSeenLimit"/> longer.
    /// </summary>
    private static void GrantLease(LifecycleTurn turn, Monotonic seen)
    {
        var until = seen + turn.Options.Ttl;
        if (until > turn.State.LeaseUntil)
        {
            turn.State = turn.State with { LeaseUntil = until, AheadResult = null };
        }
    }

    private static void BecomeActive(LifecycleTurn turn, TransitionCause cause) =>
        turn.Move(
            turn.State with
            {
                Liveness = Liveness.Active,
                LeaseGoneSince = null,
                SuspectEvidence = null,
                DeadAt = null,
                SilentSince = null,
                HeldUntil = null,
            },
            cause);

    private static void BecomeLeaseLost(LifecycleTurn turn, TransitionCause cause)
    {
        turn.Move(
            turn.State with
            {
                Liveness = Liveness.LeaseLost,
                LeaseGoneSince = turn.State.LeaseGoneSince ?? turn.Now,
                AheadResult = null,
                SuspectEvidence = null,
                DeadAt = null,
                NextProbeAt = turn.State.HeardAt + turn.Options.LeaseLostProbeInterval,
            },
            cause);
    }

    /// <summary>From another state, or on worse evidence. Its window runs from the first.</summary>
    private static void BecomeSuspect(LifecycleTurn turn, TransitionCause cause, EvidenceKind evidence)
    {
        var state = turn.State;
        var isNew = state.Liveness != Liveness.Suspect;
        if (!isNew && (state.SuspectEvidence == EvidenceKind.Dead || evidence == EvidenceKind.Silent))
        {
            return;
        }

        turn.Move(
            state with
            {
                Liveness = Liveness.Suspect,
                SuspectEvidence = evidence,
                SuspectUntil = isNew ? turn.Now + turn.Options.SuspectWindow : state.SuspectUntil,
                AheadResult = null,
                HeldUntil = null,
                NextProbeAt = turn.Now + turn.Options.SuspectProbeInterval,
            },
            cause,
            evidence);
        if (state.IsConfirmed)
        {
            turn.Add(evidence == EvidenceKind.Dead
                ? new InstanceEffect.EpochLost(state.Epoch, evidence, cause, RebindAll: true)
                : new InstanceEffect.SilentAttemptsOnly(state.Epoch));
        }
    }

    /// <summary>The end of this epoch. What is remembered is who it was, the epoch, and who may not come back.</summary>
    private static void Remove(LifecycleTurn turn, TransitionCause cause, EvidenceKind? evidence)
    {
        var state = turn.State;
        turn.Move(
            state.AtEndOfEpoch() with
            {
                Liveness = Liveness.Removed,
                Admin = state.Admin == AdminState.Draining ? AdminState.Drained : state.Admin,
                HeldEpoch = Epoch.None,
                DrainUntil = null,
                DrainFor = null,
            },
            cause,
            evidence);
        if (state.HeldEpoch != Epoch.None)
        {
            turn.Add(new InstanceEffect.EpochLost(state.HeldEpoch, evidence, cause, RebindAll: true));
        }
    }

    private static void SetNextProbe(LifecycleTurn turn)
    {
        var pause = turn.State.Liveness switch
        {
            Liveness.Joining => turn.Options.JoinProbeInterval,
            Liveness.Suspect => turn.Options.SuspectProbeInterval,
            _ => turn.Options.LeaseLostProbeInterval,
        };
        turn.State = turn.State with { NextProbeAt = turn.Now + pause };
    }
}
