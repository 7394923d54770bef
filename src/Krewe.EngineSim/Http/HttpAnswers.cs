using Krewe.EngineSim.Protocol;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary>Answers of known length, and bodies read to their end.</summary>
internal static class HttpAnswers
{
    public static async Task WriteAsync(this HttpResponse response, int status, string contentType, Utf8Buffer body, CancellationToken cancellationToken)
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    public static Task WriteJsonAsync(this HttpResponse response, int status, Utf8Buffer body, CancellationToken cancellationToken) =>
        response.WriteAsync(status, "application/json", body, cancellationToken);

    public static async Task WriteErrorAsync(this HttpResponse response, EngineErrorException error, CancellationToken cancellationToken)
    {
        using var body = new Utf8Buffer();
        ErrorBody.Append(body, error);
        await response.WriteJsonAsync(error.Status, body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the whole body into a buffer that the caller gives back.</summary>
    public static async ValueTask<Utf8Buffer> ReadBodyAsync(this HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new Utf8Buffer((int)Math.Clamp(request.ContentLength ?? 4096, 16, 1 << 20));
        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync(cancellationToken).ConfigureAwait(false);
                foreach (var segment in read.Buffer)
                {
                    body.Append(segment.Span);
                }

                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return body;
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }
}
