using System.Text.Json;

namespace Krewe.Client.Wire;

/// <summary>Reads errors: of an answer, and of an event within a stream.</summary>
internal static class ErrorReader
{
    private const int MostBytes = 64 << 10;

    /// <summary>The error of an answer that is none of success.</summary>
    public static async Task<KreweException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var requestId = Header(response, HeaderNames.RequestId);
        TimeSpan? retryAfter = response.Headers.RetryAfter?.Delta;
        var should = Header(response, HeaderNames.ShouldRetry);
        var (code, message, param) = Parse(await BodyAsync(response, cancellationToken).ConfigureAwait(false));
        code ??= status switch
        {
            429 => KreweErrorCode.RateLimited,
            502 or 503 => KreweErrorCode.Overloaded,
            504 => KreweErrorCode.DeadlineExceeded,
            _ => "http_" + status.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        return new KreweException(code, message ?? $"The service answered {status}.")
        {
            Status = status,
            Param = param,
            RequestId = requestId,
            RetryAfter = retryAfter,
            IsRetryable = should is "true" || (should is not "false" && IsRetryable(code)),
        };
    }

    /// <summary>The error of an event; null where it is none.</summary>
    public static KreweException? ReadEvent(ReadOnlyMemory<byte> data, string? requestId)
    {
        var (code, message, param) = Parse(data);
        return code is null && message is null
            ? null
            : new KreweException(code ?? KreweErrorCode.Malformed, message ?? "The stream broke.")
            {
                Param = param,
                RequestId = requestId,
                IsRetryable = IsRetryable(code ?? ""),
            };
    }

    public static bool IsRetryable(string code) => code
        is KreweErrorCode.NoInstance or KreweErrorCode.Overloaded or KreweErrorCode.Draining or KreweErrorCode.QueueFull
        or KreweErrorCode.RateLimited or KreweErrorCode.Unreachable;

    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = new byte[MostBytes];
        var length = 0;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                int read;
                while (length < body.Length && (read = await stream.ReadAsync(body.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0)
                {
                    length += read;
                }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            // The status has to do.
        }

        return body.AsMemory(0, length);
    }

    private static (string? Code, string? Message, string? Param) Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("error", out var error)
                || error.ValueKind != JsonValueKind.Object)
            {
                return default;
            }

            return (Text(error, "code"), Text(error, "message"), Text(error, "param"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
