using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Errors;

/// <summary>Every error that the two ports answer with. Outcomes of requests come from <see cref="RequestOutcomeFacts"/>; the rest is the control port's.</summary>
internal static class ApiErrors
{
    private const string InvalidRequestType = "invalid_request_error";
    private const string ServerType = "server_error";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>How a request that ended so is answered.</summary>
    /// <param name="outcome">Any but completed.</param>
    /// <param name="message">Null = the outcome's own.</param>
    /// <param name="param">The field at fault.</param>
    public static ApiError Of(RequestOutcome outcome, string? message = null, string? param = null)
    {
        var facts = outcome.Description();
        return facts is { Code: { } code, Type: { } type }
            ? new ApiError(facts.HttpStatus, code, type, message ?? facts.Message, param, facts.RetryAfter, facts.ShouldRetry)
            : throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This outcome is no error.");
    }

    public static ApiError InvalidRequest(string message, string? param) => Of(RequestOutcome.InvalidRequest, message, param);

    public static ApiError TooLarge(long limit) =>
        Of(RequestOutcome.RequestTooLarge, $"The body may have at most {limit} bytes.");

    public static ApiError UnknownPath { get; } = Refused(StatusCodes.Status404NotFound, "unknown_path", "There is nothing at this path.");

    public static ApiError MethodNotAllowed(string allowed) =>
        Refused(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", $"This path takes {allowed}.");

    public static ApiError PoolNotFound(string pool) =>
        Refused(StatusCodes.Status404NotFound, "pool_not_found", $"There is no pool '{pool}'.", "pool");

    public static ApiError RequestNotFound(RequestId id) =>
        Refused(StatusCodes.Status404NotFound, "request_not_found", $"The request '{id}' is not running here, nor among the last that ended.", "id");

    public static ApiError UnknownInstance(InstanceId id) =>
        Refused(StatusCodes.Status404NotFound, "unknown_instance", $"This incarnation of '{id}' is not registered: register (again).");

    public static ApiError StaleIncarnation(InstanceId id) =>
        Refused(StatusCodes.Status409Conflict, "stale_incarnation", $"This incarnation of '{id}' was superseded by another, for good.", "incarnation");

    public static ApiError Drained(InstanceId id) =>
        Refused(StatusCodes.Status409Conflict, "drained", $"This incarnation of '{id}' was drained; only a new one can register.", "incarnation");

    public static ApiError NameInUse(InstanceId id, TimeSpan retryAfter) =>
        new(StatusCodes.Status409Conflict, "name_in_use", InvalidRequestType, $"Another incarnation of '{id}' is alive.", "name", retryAfter, true);

    public static ApiError PoolLimit(int limit) =>
        Refused(StatusCodes.Status409Conflict, "pool_limit", $"There are {limit} pools already, which is the limit.", "pool");

    public static ApiError Unauthorized(string message) =>
        new(StatusCodes.Status401Unauthorized, "invalid_api_key", InvalidRequestType, message, ShouldRetry: false);

    /// <summary>A known engine identity that does not own the name.</summary>
    public static ApiError NotOwner(InstanceId id) =>
        Refused(StatusCodes.Status403Forbidden, "not_owner", $"This identity does not own the instance '{id}'.");

    /// <summary>A known identity that is not an operator's.</summary>
    public static ApiError NotOperator { get; } =
        Refused(StatusCodes.Status403Forbidden, "not_operator", "This needs an operator's token.");

    public static ApiError PoolClosed(string message) => Refused(StatusCodes.Status403Forbidden, "pool_closed", message);

    /// <summary>An actor did not answer, or took no more calls: nothing is known of the call's effect.</summary>
    public static ApiError NoAnswer(string message) => Of(RequestOutcome.Overloaded, message);

    /// <summary>The bodies that are held here leave no room for another.</summary>
    public static ApiError NoRoom { get; } = Of(RequestOutcome.Overloaded, "This server holds as many requests as it can.");

    /// <summary>The caller was too slow with its body.</summary>
    public static ApiError BodyTimeout { get; } = new(
        StatusCodes.Status408RequestTimeout, "request_timeout", InvalidRequestType, "The body did not come in time.", null, Soon, true);

    /// <summary>The client ended the request by its id.</summary>
    public static ApiError Cancelled { get; } =
        new(StatusCodes.Status499ClientClosedRequest, "cancelled", InvalidRequestType, "The request was cancelled.", ShouldRetry: false);

    /// <summary>Another connection reads the stream now.</summary>
    public static ApiError AttachedElsewhere { get; } =
        Refused(StatusCodes.Status409Conflict, "attached_elsewhere", "Another connection has taken over this stream.");

    /// <summary>What a client holds of an answer cannot be continued soundly.</summary>
    public static ApiError CannotResume(string reason) =>
        Of(RequestOutcome.InvalidRequest, $"This answer cannot be continued after a part of it ({reason}).", "krewe.resume");

    public static ApiError Internal { get; } = Of(RequestOutcome.InternalError);

    /// <summary>Not ready yet, or no longer.</summary>
    public static ApiError NotReady(string reason) =>
        new(StatusCodes.Status503ServiceUnavailable, "not_ready", ServerType, reason, null, Soon, true);

    private static ApiError Refused(int status, string code, string message, string? param = null) =>
        new(status, code, InvalidRequestType, message, param, null, false);
}
