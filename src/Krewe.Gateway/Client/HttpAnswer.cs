using System.Buffers;
using System.IO.Pipelines;
using Krewe.Engines.Sse;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>Answers over HTTP, as OpenAI does: JSON, or server-sent events.</summary>
internal sealed class HttpAnswer(HttpContext http) : ClientAnswer
{
    private SseEventOutput? _events;

    public override CancellationToken Gone => http.RequestAborted;

    public override IEventOutput BeginStream()
    {
        if (_events is not null)
        {
            return _events;
        }

        var response = http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        return _events = new SseEventOutput(response.BodyWriter);
    }

    public override void EndStream() => http.Response.BodyWriter.Write(SseWriter.Done);

    public override ValueTask<bool> FlushAsync()
    {
        var flush = http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        return flush.IsCompletedSuccessfully ? ValueTask.FromResult(IsTaken(flush.Result)) : WaitAsync(flush);
    }

    public override ValueTask<bool> SendWholeAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var response = http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        return WaitAsync(response.BodyWriter.WriteAsync(json, cancellationToken));
    }

    public override async ValueTask FailAsync(ApiError error)
    {
        if (!http.Response.HasStarted)
        {
            await ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);
            return;
        }

        // Clients that ignore the event see the cut; a clean end would pass for a whole answer.
        await ClientErrors.WriteEventAsync(http.Response.BodyWriter, error, http.RequestAborted);
        throw new StreamCutException();
    }

    public override void Abort() => http.Abort();

    private static async ValueTask<bool> WaitAsync(ValueTask<FlushResult> flush) => IsTaken(await flush);

    private static bool IsTaken(FlushResult result) => !result.IsCompleted && !result.IsCanceled;
}
