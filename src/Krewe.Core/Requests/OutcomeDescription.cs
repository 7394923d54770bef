namespace Krewe.Core.Requests;

/// <summary>How an outcome is told to clients and to metrics.</summary>
/// <param name="HttpStatus">Status of the answer. For <see cref="RequestOutcome.EngineRejected"/> it is what stands where the engine's own is not known; for <see cref="RequestOutcome.ClientGone"/> it is for logs only.</param>
/// <param name="Code">OpenAI's <c>error.code</c>; null where there is no error.</param>
/// <param name="Type">OpenAI's <c>error.type</c>; null where there is no error.</param>
/// <param name="RetryAfter">Value of <c>Retry-After</c>; null = not sent.</param>
/// <param name="ShouldRetry">Value of <c>x-should-retry</c>; null = not sent.</param>
/// <param name="MetricTag">The value of the metric label <c>outcome</c>.</param>
/// <param name="Message">The message where nothing more exact is known.</param>
public sealed record OutcomeDescription(
    int HttpStatus,
    string? Code,
    string? Type,
    TimeSpan? RetryAfter,
    bool? ShouldRetry,
    string MetricTag,
    string Message);
