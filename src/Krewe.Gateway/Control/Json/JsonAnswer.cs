using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Engines.Buffers;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Json;

/// <summary>Answers with JSON that is written by hand: no reflection, one buffer.</summary>
internal static class JsonAnswer
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync<TState>(
        HttpContext http, int status, TState state, Action<Utf8JsonWriter, TState> write, CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        using (var json = new Utf8JsonWriter(body, Options))
        {
            write(json, state);
        }

        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(body.Memory, cancellationToken);
    }

    /// <summary>No body.</summary>
    public static Task WriteEmptyAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
