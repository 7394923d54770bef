using Krewe.Core.Protocols;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Http;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Protocols;

/// <summary>
/// vLLM, aggregated and disaggregated over its NIXL connector: the prefill leg is the client's body capped at one
/// token, its reply names the KV blocks that it holds, and the decode leg is the client's body with that name. Both
/// legs go to the same path and carry the same <c>X-Request-Id</c>, by which older versions match them.
/// </summary>
internal sealed class VllmProtocol : IEngineProtocol
{
    /// <summary>
    /// Several sequences must not share one set of remote blocks, echo and prompt log-probabilities need the prompt's
    /// own pass at the engine that answers, and embeddings have no decode.
    /// </summary>
    private const RequestTraits Aggregated = RequestTraits.MultipleChoices | RequestTraits.BestOf | RequestTraits.ListPrompt
        | RequestTraits.BeamSearch | RequestTraits.Echo | RequestTraits.PromptLogprobs | RequestTraits.PromptEmbeds;

    private static readonly byte[] False = "false"u8.ToArray();

    private static readonly byte[] RemoteDecode =
        """{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}"""u8.ToArray();

    public EngineProtocol Kind => EngineProtocol.Vllm;

    public bool TellsContinuousUsage => true;

    public bool ContinuesMessages => true;

    public bool TellsTokenIds => true;

    public bool CanDisaggregate(RequestBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return body.Endpoint != RequestEndpoint.Embeddings && !body.HasAny(Aggregated) && body.OutputLimit != 0;
    }

    public ReadOnlyMemory<byte> WriteWhole(RequestBody body, in LegValues values, PooledBuffer output)
    {
        var editor = Begin(body, values);
        LegEdits.SetStream(ref editor, values);
        return editor.Write(output);
    }

    public ReadOnlyMemory<byte> WritePrefill(RequestBody body, in LegValues values, PooledBuffer output)
    {
        ArgumentNullException.ThrowIfNull(body);
        var editor = Begin(body, values);
        editor.Set(BodyProperty.KvTransferParams, RemoteDecode);
        editor.Set(BodyProperty.MaxTokens, 1);
        if (body.Contains(BodyProperty.MaxCompletionTokens))
        {
            editor.Set(BodyProperty.MaxCompletionTokens, 1);
        }

        if (body.Contains(BodyProperty.Stream))
        {
            editor.Set(BodyProperty.Stream, False);
        }

        editor.Remove(BodyProperty.StreamOptions);
        editor.Remove(BodyProperty.MinTokens);
        editor.Remove(BodyProperty.MinCompletionTokens);
        return editor.Write(output);
    }

    public PrefillReply ReadPrefill(PooledBuffer reply, Uri prefillUrl)
    {
        ArgumentNullException.ThrowIfNull(reply);
        ArgumentNullException.ThrowIfNull(prefillUrl);
        var chunk = ChunkInspector.Inspect(reply.Span);
        var failure = chunk.Kind switch
        {
            ChunkKind.Error => EngineFailure.ErrorEvent,
            ChunkKind.Choices when chunk.Finish == FinishReason.Failed => EngineFailure.ErrorEvent,
            ChunkKind.Choices => EngineFailure.None,
            _ => EngineFailure.MalformedStream,
        };
        var transfer = failure != EngineFailure.None || chunk.KvTransferParams.IsEmpty
            ? default
            : VllmTransfer.WithReachableHost(reply, chunk.KvTransferParams, prefillUrl);
        return new PrefillReply(failure, transfer, chunk.Finish, chunk.PromptTokens);
    }

    public ReadOnlyMemory<byte> WriteDecode(RequestBody body, in LegValues values, in PrefillReply prefill, PooledBuffer output)
    {
        var editor = Begin(body, values);
        LegEdits.SetStream(ref editor, values);
        if (prefill.HasTransfer)
        {
            editor.Set(BodyProperty.KvTransferParams, prefill.TransferParams);
        }

        return editor.Write(output);
    }

    private static BodyEditor Begin(RequestBody body, in LegValues values)
    {
        var editor = LegEdits.Begin(body);
        if (values.Priority is { } priority)
        {
            editor.Set(BodyProperty.Priority, priority);
        }

        // Embeddings leave nothing in the cache that another request could hit.
        if (!values.CacheSalt.IsEmpty && body.Endpoint != RequestEndpoint.Embeddings)
        {
            editor.Set(BodyProperty.CacheSalt, values.CacheSalt);
        }

        return editor;
    }
}
