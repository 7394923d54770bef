using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Grpc.Core;

namespace Krewe.Client.Grpc.Calls;

/// <summary>Krewe's errors as HTTP tells them, from the trailers that gRPC tells them by.</summary>
internal static class GrpcAnswers
{
    private const string CodeName = "krewe-error-code";

    /// <summary>The answer that is this error; null where it is none of Krewe's: the connection failed.</summary>
    public static HttpResponseMessage? Error(RpcException error)
    {
        if (error.Trailers.GetValue(CodeName) is not { } code)
        {
            return error.StatusCode == StatusCode.ResourceExhausted
                ? Error(HttpStatusCode.RequestEntityTooLarge, "request_too_large", error.Status.Detail, null, error.Trailers)
                : null;
        }

        return Error(StatusOf(error.StatusCode), code, error.Status.Detail, error.Trailers.GetValue("krewe-error-param"), error.Trailers);
    }

    /// <summary>The event that is this error; null where it is none of Krewe's.</summary>
    public static byte[]? Event(RpcException error) => error.Trailers.GetValue(CodeName) is { } code
        ? Json(code, error.Status.Detail, error.Trailers.GetValue("krewe-error-param"), error.Trailers.GetValue("krewe-error-type"))
        : null;

    public static HttpResponseMessage Error(HttpStatusCode status, string code, string message, string? param, Metadata? trailers)
    {
        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(Json(code, message, param, trailers?.GetValue("krewe-error-type"))) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var name in new[] { "krewe-request-id", "x-should-retry" })
        {
            if (trailers?.GetValue(name) is { } value)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (long.TryParse(trailers?.GetValue("grpc-retry-pushback-ms"), NumberStyles.None, CultureInfo.InvariantCulture, out var ms))
        {
            response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(Math.Ceiling(ms / 1_000.0)));
        }

        return response;
    }

    private static byte[] Json(string code, string message, string? param, string? type) => JsonSerializer.SerializeToUtf8Bytes(
        new Dictionary<string, Dictionary<string, string?>> { ["error"] = new() { ["message"] = message, ["type"] = type ?? "server_error", ["param"] = param, ["code"] = code } });

    private static HttpStatusCode StatusOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => HttpStatusCode.BadRequest,
        StatusCode.Unauthenticated => HttpStatusCode.Unauthorized,
        StatusCode.PermissionDenied => HttpStatusCode.Forbidden,
        StatusCode.NotFound => HttpStatusCode.NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted or StatusCode.FailedPrecondition => HttpStatusCode.Conflict,
        StatusCode.ResourceExhausted => HttpStatusCode.TooManyRequests,
        StatusCode.Unavailable => HttpStatusCode.ServiceUnavailable,
        StatusCode.DeadlineExceeded => HttpStatusCode.GatewayTimeout,
        StatusCode.Cancelled => (HttpStatusCode)499,
        _ => HttpStatusCode.BadGateway,
    };
}
