using Krewe.Core.Identity;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;

namespace Krewe.Core.Instances;

/// <summary>Everything that can happen to an instance. A closed set: only the records below derive from it.</summary>
public abstract record InstanceEvent
{
    private protected InstanceEvent()
    {
    }

    /// <summary>An incarnation registered, for the first time or again.</summary>
    public sealed record RegisterReceived(Registration Registration) : InstanceEvent;

    /// <summary>A load report, from an agent or from our own polling.</summary>
    /// <param name="Incarnation">Whose.</param>
    /// <param name="Sequence">Its number; only a higher one than the last counts. Starts anew with each registration.</param>
    /// <param name="EngineSeen">How long ago the engine itself last answered.</param>
    /// <param name="Load">For the ledger: report it there where the verdict is Renewed or Accepted.</param>
    public sealed record HeartbeatReceived(IncarnationId Incarnation, long Sequence, TimeSpan EngineSeen, ReportedLoad Load) : InstanceEvent;

    /// <summary>The engine's side says that the incarnation goes.</summary>
    public sealed record DeleteReceived(IncarnationId Incarnation) : InstanceEvent;

    public sealed record CordonReceived : InstanceEvent;

    public sealed record UncordonReceived : InstanceEvent;

    /// <param name="Deadline">How long running attempts may take to end.</param>
    /// <param name="IsEmpty">Whether the ledger holds no reservation now: then it is drained at once.</param>
    public sealed record DrainReceived(TimeSpan Deadline, bool IsEmpty) : InstanceEvent;

    /// <summary>The result of a <see cref="InstanceEffect.StartProbe"/>, whose fence it carries back. Any but the newest changes nothing.</summary>
    public sealed record ProbeFinished(Epoch Epoch, IncarnationId Incarnation, int ProbeNumber, ProbeResult Result) : InstanceEvent;

    /// <summary>An attempt ended by a refused or reset connection.</summary>
    public sealed record ConnectionFailed(Epoch Epoch) : InstanceEvent;

    /// <summary>Some silo received tokens of an attempt on this epoch since it last said so.</summary>
    public sealed record TokensSeen(Epoch Epoch) : InstanceEvent;

    /// <summary>One half of an attempt ended; for the breaker.</summary>
    public sealed record AttemptFinished(Epoch Epoch, LegKind Leg, AttemptVerdict Verdict) : InstanceEvent;

    /// <summary>The ledger of this epoch came to zero reservations.</summary>
    public sealed record ReservationsEmptied(Epoch Epoch) : InstanceEvent;

    /// <summary>The silo's own timer ran late: what seems silent may only be waiting to be read. Send it before the Tick of that timer.</summary>
    public sealed record ClockLate(TimeSpan By) : InstanceEvent;

    /// <summary>Time passed. Due at <see cref="InstanceLifecycle.NextWake"/>.</summary>
    public sealed record Tick : InstanceEvent
    {
        public static Tick Instance { get; } = new();
    }
}
