using System.Globalization;
using Grpc.Core;
using Krewe.Gateway.Errors;

namespace Krewe.Grpc.Errors;

/// <summary>The contract's errors as gRPC tells them: a status, and the rest in the trailers.</summary>
internal static class GrpcErrors
{
    public const string CodeName = "krewe-error-code";
    public const string TypeName = "krewe-error-type";
    public const string ParamName = "krewe-error-param";
    public const string RequestIdName = "krewe-request-id";
    public const string ShouldRetryName = "x-should-retry";

    /// <summary>Known to gRPC's own retries: in how many milliseconds to come again; below 0 = not at all.</summary>
    public const string PushbackName = "grpc-retry-pushback-ms";

    private const int LongestMessage = 2_000;
    private const int LongestValue = 256;

    /// <param name="error">The error.</param>
    /// <param name="requestId">The request's id as clients read it; null where there is none.</param>
    public static RpcException ToException(ApiError error, string? requestId = null)
    {
        ArgumentNullException.ThrowIfNull(error);
        var trailers = new Metadata { { CodeName, Printable(error.Code) }, { TypeName, Printable(error.Type) } };
        if (requestId is not null)
        {
            trailers.Add(RequestIdName, requestId);
        }

        if (error.Param is { } param)
        {
            trailers.Add(ParamName, Printable(param));
        }

        if (error.ShouldRetry is { } should)
        {
            trailers.Add(ShouldRetryName, should ? "true" : "false");
        }

        if (error.RetryAfter is { } after)
        {
            trailers.Add(PushbackName, ((long)Math.Ceiling(after.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture));
        }
        else if (error.ShouldRetry == false)
        {
            trailers.Add(PushbackName, "-1");
        }

        return new RpcException(new Status(CodeOf(error), Cut(error.Message, LongestMessage)), trailers);
    }

    /// <summary>By the code where it is one of ours; an engine's own refusal is told by its status.</summary>
    public static StatusCode CodeOf(ApiError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.Code switch
        {
            "invalid_request" => StatusCode.InvalidArgument,
            "invalid_api_key" => StatusCode.Unauthenticated,
            "not_owner" or "not_operator" or "pool_closed" => StatusCode.PermissionDenied,
            "model_not_found" or "request_gone" or "request_not_found" or "pool_not_found" or "unknown_instance" => StatusCode.NotFound,
            "unknown_path" or "method_not_allowed" => StatusCode.Unimplemented,

            // As gRPC itself says of a message beyond its limit.
            "request_too_large" or "rate_limited" or "queue_full" or "pool_limit" => StatusCode.ResourceExhausted,
            "no_instance" or "overloaded" or "draining" or "not_ready" => StatusCode.Unavailable,
            "deadline_exceeded" or "request_timeout" => StatusCode.DeadlineExceeded,
            "stale_incarnation" or "drained" => StatusCode.FailedPrecondition,
            "name_in_use" => StatusCode.AlreadyExists,
            "attached_elsewhere" => StatusCode.Aborted,
            "client_gone" or "cancelled" => StatusCode.Cancelled,
            "engine_error" or "internal_error" => StatusCode.Internal,
            _ => OfHttp(error.Status),
        };
    }

    private static StatusCode OfHttp(int status) => status switch
    {
        404 => StatusCode.NotFound,
        409 => StatusCode.Aborted,
        412 => StatusCode.FailedPrecondition,
        413 or 429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        502 or 503 => StatusCode.Unavailable,
        408 or 504 => StatusCode.DeadlineExceeded,
        >= 400 and < 500 => StatusCode.InvalidArgument,
        _ => StatusCode.Internal,
    };

    // Trailers take printable ASCII only; an engine's own words may be anything.
    private static string Printable(string text) =>
        string.Create(Math.Min(text.Length, LongestValue), text, static (shown, text) =>
        {
            for (var i = 0; i < shown.Length; i++)
            {
                shown[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
            }
        });

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];
}
