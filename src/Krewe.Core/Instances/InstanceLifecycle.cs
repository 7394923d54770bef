using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Instances;

/// <summary>The rules of an instance's life: a pure function of state, event and time.</summary>
/// <remarks>
/// <para>
/// The fence: an event of another (epoch, incarnation) than the current one changes nothing at all, and so does a
/// probe's result unless it is the newest probe's. Registrations alone may come from outside of the fence.
/// </para>
/// <para>
/// Liveness:
/// <code>
/// From       Event                                          To
/// Removed    register, unless drained or superseded         Joining, epoch + 1, probe
/// any        register: superseded incarnation               - (StaleIncarnation)
/// any        register: drained incarnation                  - (Drained)
/// any        register: same life                            lease renewed, delete and cap undone, numbering anew;
///                                                           LeaseLost, Suspect -> Active (Suspect: probe at once)
/// any        register: same incarnation, elsewhere          Joining, epoch + 1, probe
/// any        register: other, incumbent heard &lt; 1 s ago     - (NameInUse)
/// any        register: other, incumbent silent              Joining, epoch + 1, probe; incumbent displaced
/// Joining    probe ok, heartbeat                            Active; confirmed: the displaced are superseded
/// Joining    probe not ok                                   - (next probe after a pause)
/// Joining    60 s over                                      Removed
/// Active     heartbeat, engine seen &lt; 2 s ago               - (lease until then + 3 s)
/// Active     half the lease left                            - (probe ahead)
/// Active     lease over                                     by the probe ahead: ok -> LeaseLost, else Suspect (silent)
/// LeaseLost  heartbeat                                      Active
/// LeaseLost  nothing heard for 3 s                          Suspect (silent)
/// LeaseLost  5 min without a lease                          Suspect (silent), capped
/// Suspect    heartbeat                                      silent: Active; dead: - (heard; probe at once)
/// Suspect    probe ok                                       lease running -> Active, else LeaseLost
/// Suspect    probe refused twice in 1 s, no token since     Removed
/// Suspect    15 s over                                      Removed
/// any        delete                                         - (deleted; probe at once)
/// deleted    that probe: ok; not                            LeaseLost; Suspect
/// deleted    heartbeat                                      - (heard; no lease); Joining, Suspect -> LeaseLost
/// capped     heartbeat, probe ok                            - (Suspect until registered again or removed)
/// silent     pool frozen: Active, Suspect not long ago       LeaseLost, and stays; Suspect stays
/// any        connection of an attempt failed                - (probe at once)
/// any        probe refused (but Joining)                    Suspect (dead)
/// </code>
/// A heartbeat or token says that the engine lived when it was seen: one older than the newest refusal says nothing,
/// and one that looks newer may have been long on its way: what an address refused only the address takes back. Heard = heartbeat, good probe, tokens, registration: the last, so that two processes that claim one name
/// take it from each other once a second at most, and only until one of them is confirmed. A probe does not guard the
/// name against a newcomer at the same address, who may be the one that answers it.
/// </para>
/// <para>
/// Silence: an instance whose probe went unanswered, or whose time in LeaseLost is up, is Silent in the eyes of its pool
/// (<see cref="InstanceState.Hearing"/>) for at least <see cref="LeaseOptions.SuspectHold"/> before it turns Suspect for
/// it, and does not while the pool is frozen. An error status is an answer, a delete is a word: neither is held back.
/// </para>
/// <para>
/// Admin: Open -> Cordoned -> Open; Open, Cordoned -> Draining -> Drained, one way. At zero reservations or at the
/// deadline Drained and Removed together. It belongs to the incarnation: a new one starts Open; one that is displaced
/// and returns finds what it had (of a drain, that it is over).
/// </para>
/// <para>Breaker: see <see cref="Breaking.CircuitBreaker"/>; a new epoch starts Closed.</para>
/// <para>
/// Attempts: on Suspect by dead evidence, Removed, and being superseded <see cref="InstanceEffect.EpochLost"/>; on
/// Suspect by silence <see cref="InstanceEffect.SilentAttemptsOnly"/>. While a takeover is provisional the old
/// epoch's attempts and reservations stay.
/// </para>
/// </remarks>
public static partial class InstanceLifecycle
{
    /// <summary>What becomes of <paramref name="state"/> by <paramref name="e"/>. It is in order at any time, in any order.</summary>
    /// <param name="state">The instance before it.</param>
    /// <param name="e">What happened.</param>
    /// <param name="now">When.</param>
    /// <param name="options">The times.</param>
    /// <param name="isFrozen">Whether the pool holds its membership, as this silo knows it: then silence makes nobody Suspect or Removed.</param>
    public static InstanceTransition Apply(InstanceState state, InstanceEvent e, Monotonic now, LeaseOptions options, bool isFrozen = false)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(options);
        var turn = new LifecycleTurn(state, now, options, isFrozen);
        var verdict = e switch
        {
            InstanceEvent.RegisterReceived register => OnRegister(turn, register.Registration),
            InstanceEvent.HeartbeatReceived heartbeat => OnHeartbeat(turn, heartbeat),
            InstanceEvent.TokensSeen tokens => OnTokens(turn, tokens),
            InstanceEvent.ProbeFinished probe => OnProbeFinished(turn, probe),
            InstanceEvent.ConnectionFailed failed => OnConnectionFailed(turn, failed),
            InstanceEvent.DeleteReceived delete => OnDelete(turn, delete),
            InstanceEvent.CordonReceived => OnCordon(turn),
            InstanceEvent.UncordonReceived => OnUncordon(turn),
            InstanceEvent.DrainReceived drain => OnDrain(turn, drain),
            InstanceEvent.ReservationsEmptied emptied => OnReservationsEmptied(turn, emptied),
            InstanceEvent.AttemptFinished finished => OnAttemptFinished(turn, finished),
            InstanceEvent.ClockLate late => OnClockLate(turn, late.By),
            InstanceEvent.Tick => OnTick(turn),
            _ => throw new ArgumentOutOfRangeException(nameof(e), e, "No rule for this event."),
        };
        return turn.End(verdict);
    }

    /// <summary>Whether an attempt that was routed by <paramref name="expected"/> may be bound now. Ask in the same turn as the ledger's Reserve.</summary>
    /// <param name="state">The instance now.</param>
    /// <param name="expected">The epoch that the router saw.</param>
    /// <param name="trialRunning">Whether an attempt that was bound while the breaker was HalfOpen still runs.</param>
    public static BindRefusal CanBind(InstanceState state, Epoch expected, bool trialRunning)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Epoch != expected)
        {
            return BindRefusal.EpochMoved;
        }

        return state.IsSchedulable && !(trialRunning && state.Breaker == BreakerState.HalfOpen)
            ? BindRefusal.None
            : BindRefusal.NotSchedulable;
    }

    /// <summary>The fence for events that name an epoch.</summary>
    private static bool IsCurrent(InstanceState state, Epoch epoch) =>
        state.Liveness != Liveness.Removed && state.Epoch == epoch;

    /// <summary>The fence for events that name an incarnation; what to tell the sender if it is not the current one, else null.</summary>
    private static InstanceVerdict? Refusal(InstanceState state, IncarnationId incarnation)
    {
        if (state.Superseded.Contains(incarnation))
        {
            return InstanceVerdict.StaleIncarnation;
        }

        if (state.Incarnation != incarnation)
        {
            return AdminOfDisplaced(state, incarnation) == AdminState.Drained ? InstanceVerdict.Drained : InstanceVerdict.UnknownInstance;
        }

        if (state.Liveness != Liveness.Removed)
        {
            return null;
        }

        return state.Admin == AdminState.Drained ? InstanceVerdict.Drained : InstanceVerdict.UnknownInstance;
    }

    private static AdminState? AdminOfDisplaced(InstanceState state, IncarnationId incarnation)
    {
        foreach (var displaced in state.Displaced)
        {
            if (displaced.Incarnation == incarnation)
            {
                return displaced.Admin;
            }
        }

        return null;
    }
}
