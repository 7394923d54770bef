using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Instances;

public static partial class InstanceLifecycle
{
    /// <summary>
    /// An instance as the store remembers it, unverified. Active comes back as LeaseLost: schedulable after every Active
    /// one, Active again with its next heartbeat. Whatever is not Removed is probed at once, and its times run anew. A
    /// Removed one keeps its epoch, so that the next is higher.
    /// </summary>
    /// <remarks>
    /// Its engine counts as heard now: a registration of another incarnation that was under way while the silo was down
    /// must not win over a living one, whose heartbeat is a moment away. The ledger of a new activation is empty until
    /// silos assert; do not take that for <see cref="InstanceEvent.ReservationsEmptied"/> before
    /// <see cref="Load.LedgerOptions.AssertLimit"/> has passed.
    /// </remarks>
    public static InstanceTransition Restore(InstanceId id, InstanceRecord record, Monotonic now, LeaseOptions options)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(options);
        var stored = record.Registration is null ? Liveness.Removed : record.Liveness;
        var isDraining = stored != Liveness.Removed && record.Admin == AdminState.Draining;
        var isConfirmed = record.IsConfirmed || stored is Liveness.Active or Liveness.LeaseLost;
        var before = InstanceState.New(id) with
        {
            Epoch = record.Epoch,
            Registration = record.Registration,
            Liveness = stored,
            Admin = record.Admin == AdminState.Draining && !isDraining ? AdminState.Drained : record.Admin,
            IsConfirmed = isConfirmed,
            HeldEpoch = stored == Liveness.Removed ? Epoch.None : isConfirmed ? record.Epoch : record.HeldEpoch,
            IsDeleted = stored != Liveness.Removed && record.IsDeleted,
            IsCapped = stored == Liveness.Suspect && record.IsCapped,
            LeaseUntil = now,
            HeardAt = now,
            SpokeAt = now,
            JoinUntil = now + options.JoinLimit,
            SuspectUntil = now + options.SuspectWindow,
            SuspectEvidence = stored == Liveness.Suspect ? EvidenceKind.Silent : null,
            LeaseGoneSince = stored is Liveness.LeaseLost or Liveness.Suspect ? now : null,
            DrainFor = isDraining ? record.DrainFor ?? TimeSpan.Zero : null,
            DrainUntil = isDraining ? now + (record.DrainFor ?? TimeSpan.Zero) : null,
            Displaced = record.Displaced.IsDefault ? [] : record.Displaced,
            Superseded = record.Superseded.IsDefault ? [] : record.Superseded,
        };
        var turn = new LifecycleTurn(before, now, options, isFrozen: false);
        if (stored == Liveness.Active)
        {
            BecomeLeaseLost(turn, TransitionCause.Restored);
        }

        if (stored != Liveness.Removed)
        {
            turn.StartProbe(options.EvidenceProbe, ProbePurpose.Routine);
        }

        if (before.HeldEpoch != Epoch.None)
        {
            turn.Add(new InstanceEffect.LedgerMoved(before.HeldEpoch));
        }

        return turn.End(InstanceVerdict.Accepted);
    }
}
