namespace Krewe.Core.Instances;

/// <summary>Why an instance changed state: a closed set, fit for metric labels and the event log.</summary>
public enum TransitionCause
{
    /// <summary>A new incarnation, or the same at another address or role, registered.</summary>
    Registered,

    /// <summary>The same incarnation registered again.</summary>
    RegisteredAgain,

    Heartbeat,
    ProbeOk,

    /// <summary>The lease ran out; the probe ahead of it decided whereto.</summary>
    LeaseOver,

    /// <summary>The engine's side deleted it; the probe after it decided whereto.</summary>
    Deleted,

    /// <summary>Its address refused the connection.</summary>
    Refused,

    /// <summary>No evidence for <see cref="LeaseOptions.LeaseLostSilence"/>.</summary>
    Silence,

    /// <summary>Too long without a lease.</summary>
    LeaseLostCap,

    /// <summary>Not confirmed within <see cref="LeaseOptions.JoinLimit"/>.</summary>
    JoinTimedOut,

    SuspectWindowOver,

    /// <summary>Dead evidence twice.</summary>
    DeadTwice,

    Cordoned,
    Uncordoned,
    DrainAsked,

    /// <summary>Draining, and the last reservation went.</summary>
    DrainedEmpty,

    /// <summary>Draining, and its time is up: what still ran fails over.</summary>
    DrainDeadline,

    /// <summary>Too many failed attempts.</summary>
    AttemptsFailed,

    /// <summary>The breaker was open long enough: trials may run.</summary>
    TrialDue,

    TrialSucceeded,
    TrialFailed,

    /// <summary>It would have been suspected for its silence, but half of its pool is silent: the fault is likelier ours.</summary>
    PoolFrozen,

    /// <summary>A newer epoch of its name was confirmed.</summary>
    Superseded,

    /// <summary>Read back from the store: what was believed then is to be verified.</summary>
    Restored,
}
