using Krewe.Core.Instances.Breaking;

namespace Krewe.Core.Requests;

/// <summary>
/// What each <see cref="AttemptCause"/> means, in one table: whether the request is tried again, what the breaker of the
/// instance hears, and how the request ends when it is not tried again.
/// </summary>
public static class AttemptCauseFacts
{
    /// <summary>The value of the metric label <c>cause</c>.</summary>
    public static string MetricTag(this AttemptCause cause) => Of(cause).MetricTag;

    /// <summary>
    /// Whether the instance was lost, or the way to it, as far as can be told when the attempt ends: then the next attempt is
    /// a failover, not charged to the retry budget. An answer, however bad, is none: it came from an engine that lives. What
    /// breaks a connection without killing the engine is soon found out by the breaker, which hears of each.
    /// </summary>
    public static bool IsFailover(this AttemptCause cause) => cause
        is AttemptCause.EpochLost
        or AttemptCause.ConnectionRefused
        or AttemptCause.ConnectionReset
        or AttemptCause.ConnectTimeout
        or AttemptCause.StreamBroken
        or AttemptCause.IdleTimeout
        or AttemptCause.TransferFailed;

    /// <summary>Whether the engine may have had the request: then it may be the request that brings engines down, and failovers are counted.</summary>
    public static bool MayHaveRun(this AttemptCause cause) => cause is not (AttemptCause.ConnectionRefused or AttemptCause.ConnectTimeout or AttemptCause.AddressRefused);

    /// <summary>Whether the engine's address refused or broke the connection: its instance is to be probed at once.</summary>
    public static bool IsConnectionFailure(this AttemptCause cause) =>
        cause is AttemptCause.ConnectionRefused or AttemptCause.ConnectionReset or AttemptCause.StreamBroken;

    /// <summary>Whether another attempt elsewhere may succeed.</summary>
    public static bool IsRetryable(this AttemptCause cause) => Of(cause).IsRetryable;

    /// <summary>Whether another attempt counts against the pool's retry budget.</summary>
    public static bool ChargesBudget(this AttemptCause cause) => Of(cause).IsRetryable && !cause.IsFailover();

    /// <summary>What the breaker of the leg's instance hears of it.</summary>
    public static AttemptVerdict BreakerVerdict(this AttemptCause cause) => Of(cause).Verdict;

    /// <summary>How the request ends where no further attempt follows.</summary>
    public static RequestOutcome FinalOutcome(this AttemptCause cause) => Of(cause).Outcome;

    private static Facts Of(AttemptCause cause) => cause switch
    {
        AttemptCause.Completed => new("completed", false, AttemptVerdict.Succeeded, RequestOutcome.Completed),
        AttemptCause.EpochLost => new("epoch_lost", true, AttemptVerdict.Neutral, RequestOutcome.EngineError),
        AttemptCause.ConnectionRefused => new("connection_refused", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.ConnectionReset => new("connection_reset", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.ConnectTimeout => new("connect_timeout", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.EngineError => new("engine_error", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.EngineOverloaded => new("engine_overloaded", true, AttemptVerdict.BackPressure, RequestOutcome.Overloaded),
        AttemptCause.EngineRejected => new("engine_rejected", false, AttemptVerdict.Neutral, RequestOutcome.EngineRejected),
        AttemptCause.StreamBroken => new("stream_broken", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.MalformedStream => new("malformed_stream", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.IdleTimeout => new("idle_timeout", true, AttemptVerdict.Failed, RequestOutcome.EngineError),

        // A failed transfer is booked on the pair; neither instance is to blame alone.
        AttemptCause.TransferFailed => new("transfer_failed", true, AttemptVerdict.Neutral, RequestOutcome.EngineError),
        AttemptCause.AddressRefused => new("address_refused", true, AttemptVerdict.Failed, RequestOutcome.EngineError),
        AttemptCause.ClientGone => new("client_gone", false, AttemptVerdict.Cancelled, RequestOutcome.ClientGone),
        AttemptCause.DeadlineExceeded => new("deadline_exceeded", false, AttemptVerdict.Cancelled, RequestOutcome.DeadlineExceeded),
        AttemptCause.SiloDraining => new("silo_draining", false, AttemptVerdict.Cancelled, RequestOutcome.Draining),
        AttemptCause.InternalError => new("internal_error", false, AttemptVerdict.Cancelled, RequestOutcome.InternalError),
        AttemptCause.NotContinued => new("not_continued", false, AttemptVerdict.Cancelled, RequestOutcome.EngineError),
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    private readonly record struct Facts(string MetricTag, bool IsRetryable, AttemptVerdict Verdict, RequestOutcome Outcome);
}
