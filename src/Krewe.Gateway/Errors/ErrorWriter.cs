using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Errors;

/// <summary>Writes errors: <c>{"error":{"message","type","param","code"}}</c>, with the headers that go with them.</summary>
internal static class ErrorWriter
{
    private const int LongestMessage = 2_000;

    // The body is never embedded in a page; quotes and other scripts stay readable.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with the error. Only before the answer has begun.</summary>
    public static async Task WriteAsync(HttpResponse response, ApiError error, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(error);
        var body = new ArrayBufferWriter<byte>(256);
        WriteBody(body, error);
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        WriteHeaders(response.Headers, error);
        await response.Body.WriteAsync(body.WrittenMemory, cancellationToken);
    }

    /// <summary>The body alone, on one line: also what an error event of a stream carries.</summary>
    public static void WriteBody(IBufferWriter<byte> output, ApiError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        using var writer = new Utf8JsonWriter(output, Json);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, error.Message.AsSpan(0, Math.Min(error.Message.Length, LongestMessage)));
        writer.WriteString("type"u8, error.Type);
        writer.WriteString("param"u8, error.Param);
        writer.WriteString("code"u8, error.Code);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary><c>Retry-After</c>, <c>x-should-retry</c>, and <c>WWW-Authenticate</c> on 401.</summary>
    public static void WriteHeaders(IHeaderDictionary headers, ApiError error)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(error);
        if (error.RetryAfter is { } after)
        {
            headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (error.ShouldRetry is { } should)
        {
            headers["x-should-retry"] = should ? "true" : "false";
        }

        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            headers.WWWAuthenticate = "Bearer";
        }
    }
}
