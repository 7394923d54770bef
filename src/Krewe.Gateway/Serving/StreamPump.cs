using System.Buffers;
using System.IO.Pipelines;
using Krewe.Core.Requests;
using Krewe.Core.Load;
using Krewe.Engines.Errors;
using Krewe.Engines.Http;
using Krewe.Engines.Sse;
using Krewe.Engines.Streams;

namespace Krewe.Gateway.Serving;

/// <summary>Moves a stream from engine to client, event by event, each flushed at once, and keeps the books that a continuation needs.</summary>
internal static class StreamPump
{
    private static readonly ChunkRewrite Rewrite = new() { FinishReason = true, HideTransfer = true };

    private static readonly EngineError GaveUp = new("The engine gave up on the request.", "server_error", null, "engine_error", 502);

    private enum Verdict
    {
        More,
        Done,
        Failed,
    }

    public static async ValueTask<AttemptResult> RunAsync(InferenceCall call, int attempt, EngineResponse response, AttemptWatch watch)
    {
        if (!response.IsEventStream)
        {
            return new AttemptResult(AttemptCause.MalformedStream, LegKind.Whole);
        }

        var output = call.Http.Response.BodyWriter;
        using var reader = new SseReader(response.Body);
        try
        {
            while (await reader.WaitAsync(watch.Token))
            {
                var (verdict, wrote, error) = Take(call, reader, output);
                if (wrote)
                {
                    // Comments that keep a connection open are no tokens: only what goes out counts as heard.
                    watch.Heard();
                    await FlushAsync(output, watch);
                    if (!call.IsFirstTokenTold)
                    {
                        call.IsFirstTokenTold = true;
                        await call.Request.FirstTokenAsync(attempt);
                    }
                }

                if (verdict == Verdict.Done)
                {
                    return await EndAsync(output, watch);
                }

                if (verdict == Verdict.Failed)
                {
                    return new AttemptResult(error is null ? AttemptCause.MalformedStream : AttemptCause.EngineError, LegKind.Whole, error);
                }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw EngineException.From(error, answered: true, watch.Token);
        }

        if (reader.Status == SseStatus.TooLarge)
        {
            return new AttemptResult(AttemptCause.MalformedStream, LegKind.Whole);
        }

        // Some servers end without [DONE]; what has its finish_reason is whole.
        return call.Tally.Finish is FinishReason.None
            ? new AttemptResult(AttemptCause.StreamBroken, LegKind.Whole)
            : await EndAsync(output, watch);
    }

    /// <summary>Everything that came in one read goes out in one write.</summary>
    private static (Verdict Verdict, bool Wrote, EngineError? Error) Take(InferenceCall call, SseReader reader, PipeWriter output)
    {
        var wrote = false;
        while (reader.TryRead(out var sse))
        {
            if (!sse.HasData)
            {
                continue;
            }

            var chunk = ChunkInspector.Inspect(sse.Data);
            switch (chunk.Kind)
            {
                case ChunkKind.Done:
                    return (Verdict.Done, wrote, null);
                case ChunkKind.Error:
                    return (Verdict.Failed, wrote, EngineErrorReader.ReadEvent(sse.Data));
                case ChunkKind.Malformed:
                    return (Verdict.Failed, wrote, null);
            }

            if (chunk.Finish == FinishReason.Failed)
            {
                return (Verdict.Failed, wrote, GaveUp);
            }

            if (!wrote)
            {
                wrote = true;
                StartResponse(call);
            }

            call.Tally.Add(chunk, sse.Data);
            if (Rewrite.Changes(chunk))
            {
                output.Write("data: "u8);
                ChunkRewriter.Write(sse.Data, chunk, Rewrite, output);
                output.Write("\n\n"u8);
            }
            else
            {
                SseWriter.Write(output, sse);
            }
        }

        return (Verdict.More, wrote, null);
    }

    private static void StartResponse(InferenceCall call)
    {
        var response = call.Http.Response;
        if (!response.HasStarted && response.ContentType is null)
        {
            response.StatusCode = 200;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache";
        }
    }

    private static async ValueTask<AttemptResult> EndAsync(PipeWriter output, AttemptWatch watch)
    {
        output.Write(SseWriter.Done);
        await FlushAsync(output, watch);
        return new AttemptResult(AttemptCause.Completed, LegKind.Whole);
    }

    // A client that does not read holds us up here; that is not the engine's silence.
    private static async ValueTask FlushAsync(PipeWriter output, AttemptWatch watch)
    {
        var flush = output.FlushAsync(watch.Token);
        var waits = !flush.IsCompleted;
        if (waits)
        {
            watch.Pause();
        }

        var result = await flush;
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new ClientGoneException();
        }

        if (waits)
        {
            watch.Heard();
        }
    }
}
