using Krewe.Core.Requests;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Resume;

/// <summary>Serves requests into held streams, beside whoever is connected: a connection that breaks leaves them running.</summary>
internal sealed class ResumableCalls(InferencePipeline pipeline, HeldStreams streams, SiloLifetime silo)
{
    /// <summary>Serves it if it can be held. The body is this one's then, and is given back when the request is over.</summary>
    /// <returns>Who reads it first; null where it cannot be held: then nothing was done.</returns>
    public HeldReader? TryServe(InferenceRequest request, TimeSpan keep, IDisposable body)
    {
        if (!streams.TryOpen(request.Id, request.Tenant, keep, out var stream))
        {
            return null;
        }

        stream.Attach(-1, out var reader);
        silo.Enter();
        stream.Serving = ServeAsync(request, body, stream);
        return reader;
    }

    private async Task ServeAsync(InferenceRequest request, IDisposable body, HeldStream stream)
    {
        using var held = body;
        using var answer = new HeldAnswer(stream);
        try
        {
            await pipeline.ServeAsync(request, answer);
            if (!stream.HasEnded && answer.IsWhole)
            {
                stream.End();
            }
            else if (!stream.HasEnded)
            {
                await answer.FailAsync(Broken(stream));
            }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // It is thrown again where the client is connected.
            stream.End(ApiErrors.Internal, fault);
        }
        finally
        {
            silo.Exit();
        }
    }

    /// <summary>It was let go by us, while it waited for a client that did not read.</summary>
    private ApiError Broken(HeldStream stream) =>
        stream.IsCancelled || stream.Gone.IsCancellationRequested ? ApiErrors.Cancelled
        : silo.GraceOver.IsCancellationRequested ? ApiErrors.Of(RequestOutcome.Draining)
        : ApiErrors.Of(RequestOutcome.DeadlineExceeded);
}
