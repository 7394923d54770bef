using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Instances;

/// <summary>The rules of an instance's life: a pure function of state, event and time.</summary>
public static partial class InstanceLifecycle
{
    public static InstanceTransition Apply(InstanceState state, InstanceEvent e, Monotonic now, LeaseOptions options) => throw new NotImplementedException();

    /// <summary>The earliest moment at which a <see cref="InstanceEvent.Tick"/> changes something; null if none would.</summary>
    public static Monotonic? NextWake(InstanceState state, LeaseOptions options) => throw new NotImplementedException();

    /// <summary>An instance as the store remembers it: unverified, so probed at once.</summary>
    public static InstanceTransition Restore(InstanceId id, InstanceRecord record, Monotonic now, LeaseOptions options) => throw new NotImplementedException();

    /// <summary>Whether an attempt that was routed by <paramref name="expected"/> may be bound now. Ask in the same turn as the ledger's Reserve.</summary>
    /// <param name="state">Now.</param>
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
}
