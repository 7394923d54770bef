using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Continuation;
using Krewe.Engines.Sse;
using Krewe.Engines.Streams;

namespace Krewe.Gateway.Serving;

/// <summary>
/// Shows a client the chunks of one attempt as those of one unbroken stream: what we had the engine tell is taken out,
/// and what a later attempt begins anew carries on. Books each chunk. No allocation per chunk.
/// </summary>
internal sealed class ChunkShaper : IDisposable
{
    private readonly StreamTally _tally;
    private readonly RequestEndpoint _endpoint;
    private readonly StreamFilter _filter;
    private readonly ChunkRewrite _choices;
    private readonly ChunkRewrite _usageOnly;
    private PooledBuffer? _usage;

    public ChunkShaper(RequestEndpoint endpoint, StreamTally tally, StreamFilter filter)
    {
        _endpoint = endpoint;
        _tally = tally;
        _filter = filter;
        _usageOnly = new ChunkRewrite
        {
            Id = filter.IsContinued ? tally.Id : default,
            Created = filter.IsContinued ? tally.Created : default,
            FinishReason = true,
            HideTransfer = true,
        };
        _choices = _usageOnly with { HideUsage = filter.HideChunkUsage, HideTokenIds = filter.HideTokenIds, HideRole = filter.HideRole };
    }

    /// <summary>Books a chunk and writes what the client sees of it. False: nothing.</summary>
    public bool Write(in SseEvent sse, in StreamChunk chunk, IEventOutput output)
    {
        _tally.Add(chunk, sse.Data);
        var isUsageOnly = chunk.Kind == ChunkKind.UsageOnly;
        if (isUsageOnly ? _filter.HideUsageChunk : _filter.HideRole && chunk is { HasRole: true, HasContent: false, Finish: FinishReason.None })
        {
            return false;
        }

        _tally.UsageSent |= isUsageOnly;
        if (_filter.AsChat && chunk.Kind is ChunkKind.Choices or ChunkKind.UsageOnly)
        {
            WriteAsChat(sse.Data, chunk, output);
            return true;
        }

        if (_filter.IsContinued && !chunk.Usage.IsEmpty && (isUsageOnly || !_filter.HideChunkUsage))
        {
            Write(sse.Data, chunk, (isUsageOnly ? _usageOnly : _choices) with { Usage = TotalUsage() }, output);
            return true;
        }

        ref readonly var rewrite = ref isUsageOnly ? ref _usageOnly : ref _choices;
        if (rewrite.Changes(chunk))
        {
            Write(sse.Data, chunk, rewrite, output);
        }
        else
        {
            output.Pass(sse);
        }

        return true;
    }

    public void Dispose() => _usage?.Dispose();

    private static void Write(ReadOnlySpan<byte> data, in StreamChunk chunk, in ChunkRewrite rewrite, IEventOutput output)
    {
        ChunkRewriter.Write(data, chunk, rewrite, output.Begin());
        output.End();
    }

    private void WriteAsChat(ReadOnlySpan<byte> data, in StreamChunk chunk, IEventOutput output)
    {
        var payload = output.Begin();
        if (chunk.Kind == ChunkKind.UsageOnly)
        {
            AnswerEnd.WriteUsage(_endpoint, _tally, payload);
        }
        else
        {
            ChatTranslation.Write(data, chunk, _tally, _filter.HideChunkUsage || chunk.Usage.IsEmpty ? default : TotalUsage().Span, payload);
        }

        output.End();
    }

    private ReadOnlyMemory<byte> TotalUsage()
    {
        _usage ??= new PooledBuffer();
        _usage.Clear();
        AnswerEnd.WriteUsageObject(_tally, _usage);
        return _usage.Memory;
    }
}
