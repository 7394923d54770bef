namespace Krewe.Gateway.Errors;

/// <summary>An error as a caller of either port sees it: OpenAI's shape, and the headers that tell whether to come again.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">From a closed set; never empty.</param>
/// <param name="Type">OpenAI's family of errors.</param>
/// <param name="Message">For people. Holds nothing of a prompt or a credential.</param>
/// <param name="Param">JSON path of the field, or name of the parameter or header, that is at fault; null where none is.</param>
/// <param name="RetryAfter">Value of <c>Retry-After</c>, sent in whole seconds, at least 1; null = not sent.</param>
/// <param name="ShouldRetry">Value of <c>x-should-retry</c>; null = not sent.</param>
internal sealed record ApiError(
    int Status,
    string Code,
    string Type,
    string Message,
    string? Param = null,
    TimeSpan? RetryAfter = null,
    bool? ShouldRetry = null);
