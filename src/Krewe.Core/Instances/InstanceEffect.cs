using Krewe.Core.Identity;

namespace Krewe.Core.Instances;

/// <summary>What the actor is to do after an event, in order. A closed set: only the records below derive from it.</summary>
public abstract record InstanceEffect
{
    private protected InstanceEffect()
    {
    }

    /// <summary>Ask the engine's health outside of the turn and bring back <see cref="InstanceEvent.ProbeFinished"/> with the same fence. It replaces a probe still running.</summary>
    /// <param name="Epoch">Fence.</param>
    /// <param name="Incarnation">Fence.</param>
    /// <param name="Url">The engine's registered address.</param>
    /// <param name="ProbeNumber">Fence: rises with each probe.</param>
    /// <param name="Tries">Most tries; a good answer or a refusal ends it early.</param>
    /// <param name="Timeout">Of each try.</param>
    /// <param name="Pause">Between two tries.</param>
    public sealed record StartProbe(Epoch Epoch, IncarnationId Incarnation, Uri Url, int ProbeNumber, int Tries, TimeSpan Timeout, TimeSpan Pause) : InstanceEffect;

    /// <summary><see cref="InstanceState.ToRecord"/> has changed: store it. Always the last effect.</summary>
    public sealed record Persist : InstanceEffect
    {
        public static Persist Instance { get; } = new();
    }

    /// <summary>For the event log, the fleet view and metrics.</summary>
    /// <param name="From">Before.</param>
    /// <param name="To">After; the same as before where only the epoch moved.</param>
    /// <param name="Epoch">After.</param>
    /// <param name="Incarnation">After.</param>
    /// <param name="Cause">Why.</param>
    /// <param name="Evidence">On turning Suspect: how it was found missing.</param>
    public sealed record Transitioned(InstanceStatus From, InstanceStatus To, Epoch Epoch, IncarnationId Incarnation, TransitionCause Cause, EvidenceKind? Evidence) : InstanceEffect;

    /// <summary>The attempts on this epoch are to fail over.</summary>
    /// <param name="Epoch">Of this name; newer ones are not touched.</param>
    /// <param name="Evidence">Null where no evidence but a decision ended it: superseded, or drained by deadline.</param>
    /// <param name="Cause">Why it is lost.</param>
    /// <param name="RebindAll">Every attempt at once; else only those that are silent themselves. Always true today: <see cref="SilentAttemptsOnly"/> is the other case.</param>
    public sealed record EpochLost(Epoch Epoch, EvidenceKind? Evidence, TransitionCause Cause, bool RebindAll) : InstanceEffect;

    /// <summary>Suspect on silence: attempts on this epoch that are silent themselves fail over; streams whose tokens flow go on.</summary>
    public sealed record SilentAttemptsOnly(Epoch Epoch) : InstanceEffect;

    /// <summary>The ledger starts anew for this epoch; what the older ones held is gone.</summary>
    public sealed record LedgerMoved(Epoch Epoch) : InstanceEffect;
}
