using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Engines.Continuation;
using Krewe.Engines.Errors;
using Krewe.Engines.Http;
using Krewe.Engines.Sse;
using Krewe.Engines.Streams;

namespace Krewe.Gateway.Serving;

/// <summary>Moves a stream from engine to client, event by event, each flushed at once, and keeps the books that a continuation needs.</summary>
internal static class StreamPump
{
    private static readonly EngineError GaveUp = new("The engine gave up on the request.", "server_error", null, "engine_error", 502);

    private enum Verdict
    {
        More,
        Done,
        Failed,
    }

    public static async ValueTask<AttemptResult> RunAsync(
        InferenceCall call, int attempt, StreamFilter filter, EngineResponse response, AttemptWatch watch)
    {
        if (!response.IsEventStream)
        {
            return new AttemptResult(AttemptCause.MalformedStream, LegKind.Whole);
        }

        using var shaper = new ChunkShaper(call.Body.Endpoint, call.Tally, filter);
        using var reader = new SseReader(response.Body);
        var isTold = false;
        try
        {
            while (await reader.WaitAsync(watch.Token))
            {
                var (verdict, heard, wrote, error) = Take(call, reader, shaper);
                if (heard)
                {
                    // Comments that keep a connection open are no tokens.
                    watch.Heard();
                }

                if (wrote)
                {
                    await FlushAsync(call.Answer, watch);
                    if (!isTold)
                    {
                        isTold = true;
                        call.Span.FirstToken();
                        await call.Request.FirstTokenAsync(attempt);
                    }
                }

                if (verdict == Verdict.Done)
                {
                    return await EndAsync(call, watch);
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
            : await EndAsync(call, watch);
    }

    /// <summary>Writes what is missing of a stream that has all its tokens.</summary>
    public static ValueTask<AttemptResult> FinishAsync(InferenceCall call, AttemptWatch watch)
    {
        if (call.Tally.Finish is FinishReason.None)
        {
            var output = call.Answer.BeginStream();
            AnswerEnd.WriteLength(call.Body.Endpoint, call.Tally, output.Begin());
            output.End();
        }

        return EndAsync(call, watch);
    }

    /// <summary>Everything that came in one read goes out in one write.</summary>
    private static (Verdict Verdict, bool Heard, bool Wrote, EngineError? Error) Take(
        InferenceCall call, SseReader reader, ChunkShaper shaper)
    {
        var heard = false;
        var wrote = false;
        IEventOutput? output = null;
        while (reader.TryRead(out var sse))
        {
            if (!sse.HasData)
            {
                continue;
            }

            heard = true;
            var chunk = ChunkInspector.Inspect(sse.Data);
            switch (chunk.Kind)
            {
                case ChunkKind.Done:
                    return (Verdict.Done, heard, wrote, null);
                case ChunkKind.Error:
                    return (Verdict.Failed, heard, wrote, EngineErrorReader.ReadEvent(sse.Data));
                case ChunkKind.Malformed when !sse.IsTerminated:
                    // The stream broke inside an event, of which nothing counts.
                    continue;
                case ChunkKind.Malformed:
                    return (Verdict.Failed, heard, wrote, null);
            }

            if (chunk.Finish == FinishReason.Failed)
            {
                return (Verdict.Failed, heard, wrote, GaveUp);
            }

            if (output is null)
            {
                output = call.Answer.BeginStream();
                call.Continuation.HasSent = true;
            }

            wrote |= shaper.Write(sse, chunk, output);
        }

        return (Verdict.More, heard, wrote, null);
    }

    private static async ValueTask<AttemptResult> EndAsync(InferenceCall call, AttemptWatch watch)
    {
        if (call.Body.IncludeUsage && !call.Tally.UsageSent && call.Tally.PromptTokens >= 0)
        {
            // The engine did not live to tell it, or does not do it at all.
            var output = call.Answer.BeginStream();
            AnswerEnd.WriteUsage(call.Body.Endpoint, call.Tally, output.Begin());
            output.End();
        }

        call.Answer.EndStream();
        await FlushAsync(call.Answer, watch);
        return new AttemptResult(AttemptCause.Completed, LegKind.Whole);
    }

    private static ValueTask FlushAsync(ClientAnswer answer, AttemptWatch watch)
    {
        var flush = answer.FlushAsync();
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(answer, flush, watch);
        }

        ThrowIfGone(flush.Result);
        return ValueTask.CompletedTask;
    }

    // A client that does not read holds us up here; that is not the engine's silence.
    private static async ValueTask WaitAsync(ClientAnswer answer, ValueTask<bool> flush, AttemptWatch watch)
    {
        watch.Pause();
        using (watch.OnOver(static state => ((ClientAnswer)state!).Abort(), answer))
        {
            ThrowIfGone(await flush);
        }

        watch.Heard();
    }

    private static void ThrowIfGone(bool isTaken)
    {
        if (!isTaken)
        {
            throw new ClientGoneException();
        }
    }
}
