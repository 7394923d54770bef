using Krewe.Gateway.Errors;
using Krewe.Gateway.Resume;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>Moves a held stream to the connection that reads it.</summary>
internal static class HeldReply
{
    private const int MostAtOnce = 64 << 10;

    /// <summary>Ends when the client has everything, or has gone, or another connection has taken its place.</summary>
    public static async Task SendAsync(HttpContext http, HeldReader reader)
    {
        var output = http.Response.BodyWriter;
        using var gone = http.RequestAborted.UnsafeRegister(static one => ((HeldReader)one!).Leave(), reader);
        try
        {
            while (!http.RequestAborted.IsCancellationRequested)
            {
                switch (reader.Look())
                {
                    case HeldStatus.Some:
                        Begin(http);
                        reader.Read(output, MostAtOnce);
                        if ((await output.FlushAsync(CancellationToken.None)).IsCompleted)
                        {
                            return;
                        }

                        break;
                    case HeldStatus.None:
                        await reader.WaitAsync();
                        break;
                    case HeldStatus.Ended:
                        await EndAsync(http, reader.Stream);
                        return;
                    default:
                        if (!http.RequestAborted.IsCancellationRequested)
                        {
                            await FailAsync(http, ApiErrors.AttachedElsewhere);
                        }

                        return;
                }
            }
        }
        finally
        {
            reader.Leave();
        }
    }

    /// <summary>The head of a stream, once.</summary>
    public static void Begin(HttpContext http)
    {
        var response = http.Response;
        if (!response.HasStarted && response.ContentType is null)
        {
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache";
        }
    }

    /// <summary>An error: properly where nothing was sent, else as an event and a cut connection.</summary>
    public static async Task FailAsync(HttpContext http, ApiError error)
    {
        if (!http.Response.HasStarted)
        {
            await ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);
            return;
        }

        await ClientErrors.WriteEventAsync(http.Response.BodyWriter, error, http.RequestAborted);
        throw new StreamCutException();
    }

    private static async Task EndAsync(HttpContext http, HeldStream stream)
    {
        stream.ThrowFault();
        if (stream.Failure is not { } failure)
        {
            Begin(http);
            return;
        }

        if (!stream.HasEvents)
        {
            await FailAsync(http, failure);
            return;
        }

        // The last event told it. Clients that ignore it see the cut.
        throw new StreamCutException();
    }
}
