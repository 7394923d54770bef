using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Engines.Buffers;
using Krewe.Engines.Errors;
using Krewe.Engines.Http;
using Krewe.Engines.Streams;

namespace Krewe.Gateway.Serving;

/// <summary>Passes on an answer that comes in one piece. Nothing is shown before it is whole, so a failure can be run again.</summary>
internal static class WholeReply
{
    /// <summary>Largest answer, in bytes: embeddings of long lists are the big ones.</summary>
    private const int MaxBytes = 64 << 20;

    private static readonly ChunkRewrite Rewrite = new() { FinishReason = true, HideTransfer = true };

    public static async ValueTask<AttemptResult> RunAsync(InferenceCall call, int attempt, EngineResponse response, AttemptWatch watch)
    {
        using var reply = new PooledBuffer();
        await response.ReadAsync(reply, MaxBytes, watch.Token);
        var chunk = ChunkInspector.Inspect(reply.Span);
        if (chunk.Kind == ChunkKind.Error)
        {
            return new AttemptResult(AttemptCause.EngineError, LegKind.Whole, EngineErrorReader.ReadEvent(reply.Span));
        }

        if (chunk.Kind is ChunkKind.Malformed or ChunkKind.Done)
        {
            return new AttemptResult(AttemptCause.MalformedStream, LegKind.Whole);
        }

        if (chunk.Finish == FinishReason.Failed)
        {
            return new AttemptResult(AttemptCause.EngineError, LegKind.Whole);
        }

        call.Tally.Add(chunk, reply.Span);
        if (Rewrite.Changes(chunk))
        {
            using var changed = new PooledBuffer();
            ChunkRewriter.Write(reply.Span, chunk, Rewrite, changed);
            await SendAsync(call, attempt, changed.Memory, watch);
        }
        else
        {
            await SendAsync(call, attempt, reply.Memory, watch);
        }

        return new AttemptResult(AttemptCause.Completed, LegKind.Whole);
    }

    private static async ValueTask SendAsync(InferenceCall call, int attempt, ReadOnlyMemory<byte> body, AttemptWatch watch)
    {
        var sending = call.Answer.SendWholeAsync(body, watch.Token);
        if (!sending.IsCompleted)
        {
            // The request's end tells of its first token too; but for that the client has to take the answer first.
            await call.Request.FirstTokenAsync(attempt);
        }

        if (!await sending)
        {
            throw new ClientGoneException();
        }
    }
}
