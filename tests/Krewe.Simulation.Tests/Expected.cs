using Krewe.Core.Requests;
using Krewe.Simulation.Plans;

namespace Krewe.Simulation.Tests;

/// <summary>What the seeds must have met, by the names that runs count.</summary>
internal static class Expected
{
    public static IEnumerable<string> Faults { get; } = Enum.GetNames<FaultKind>();

    /// <summary>The rows of the table in the documentation of InstanceLifecycle.</summary>
    public static IReadOnlyList<string> Transitions { get; } =
    [
        "Removed -> Joining by Registered",
        "LeaseLost -> Active by RegisteredAgain",
        "Suspect -> Active by RegisteredAgain",
        "Active -> Joining by Registered",
        "LeaseLost -> Joining by Registered",
        "Suspect -> Joining by Registered",
        "Joining -> Active by ProbeOk",
        "Joining -> Active by Heartbeat",
        "Joining -> Removed by JoinTimedOut",
        "Active -> LeaseLost by LeaseOver",
        "Active -> Suspect by LeaseOver:Silent",
        "LeaseLost -> Active by Heartbeat",
        "LeaseLost -> Suspect by Silence:Silent",
        "LeaseLost -> Suspect by LeaseLostCap:Silent",
        "Suspect -> Active by Heartbeat",
        "Suspect -> Active by ProbeOk",
        "Suspect -> LeaseLost by ProbeOk",
        "Suspect -> Removed by DeadTwice:Dead",
        "Suspect -> Removed by SuspectWindowOver:Silent",
        "Active -> LeaseLost by Deleted",
        "Active -> Suspect by Deleted:Silent",
        "Suspect -> LeaseLost by Deleted",
        "Suspect -> LeaseLost by Heartbeat",
        "Active -> LeaseLost by PoolFrozen",
        "Suspect -> LeaseLost by PoolFrozen",
        "Active -> Suspect by Refused:Dead",
        "LeaseLost -> Suspect by Refused:Dead",
        "Joining -> Suspect by Refused:Dead",
        "Active -> LeaseLost by Restored",
        "Active -> Removed by DrainedEmpty",
        "Active -> Removed by DrainDeadline",
        "LeaseLost -> Removed by DrainedEmpty",
        "Suspect -> Removed by DrainedEmpty",
    ];

    public static IReadOnlyList<string> AdminAndBreaker { get; } =
    [
        "admin Open -> Cordoned by Cordoned",
        "admin Cordoned -> Open by Uncordoned",
        "admin Cordoned -> Open by Registered",
        "admin Open -> Draining by DrainAsked",
        "admin Cordoned -> Draining by DrainAsked",
        "admin Draining -> Drained by DrainedEmpty",
        "admin Draining -> Drained by DrainDeadline",
        "admin Drained -> Open by Registered",
        "breaker Closed -> Open by AttemptsFailed",
        "breaker Open -> HalfOpen by TrialDue",
        "breaker HalfOpen -> Closed by TrialSucceeded",
        "breaker HalfOpen -> Open by TrialFailed",
        "epoch Joining -> Joining by Registered",
        "epoch Held -> Lost by Superseded",
        "epoch Held -> Lost by Refused:Dead",
        "epoch Held -> Lost by DrainDeadline",
    ];

    public static IReadOnlyList<string> Reach { get; } = ["reach Reached -> Unreached by late", "reach Unreached -> Reached by answered"];

    /// <summary>All but those that only the gateway knows of: an address that it may not dial, its own shutdown, its own faults.</summary>
    public static IEnumerable<string> Causes { get; } =
        Enum.GetNames<AttemptCause>().Except([nameof(AttemptCause.AddressRefused), nameof(AttemptCause.SiloDraining), nameof(AttemptCause.InternalError)]);

    /// <summary>Those that the fleet decides on; the rest are the gateway's, before a request is taken in.</summary>
    public static IReadOnlyList<string> Outcomes { get; } =
    [
        nameof(RequestOutcome.Completed),
        nameof(RequestOutcome.QueueFull),
        nameof(RequestOutcome.NoInstance),
        nameof(RequestOutcome.Overloaded),
        nameof(RequestOutcome.DeadlineExceeded),
        nameof(RequestOutcome.EngineError),
        nameof(RequestOutcome.EngineRejected),
        nameof(RequestOutcome.ClientGone),
        "SiloLost",
    ];

    public static IEnumerable<string> Binds { get; } = ["Bound", "EpochMoved", "NotSchedulable", "Full", "AlreadyReleased"];

    public static IReadOnlyList<string> Registrations { get; } = ["Accepted", "Renewed", "NameInUse", "StaleIncarnation", "Drained"];
}
