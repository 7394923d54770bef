namespace Krewe.Engines.Streams;

/// <summary>What to change in a chunk before a client sees it. All off = nothing.</summary>
public readonly record struct ChunkRewrite
{
    /// <summary>The JSON of another <c>id</c>; empty = as it is.</summary>
    public ReadOnlyMemory<byte> Id { get; init; }

    /// <summary>The JSON of another <c>created</c>; empty = as it is.</summary>
    public ReadOnlyMemory<byte> Created { get; init; }

    /// <summary>The JSON of another <c>usage</c> where there is one; <c>null</c> takes it away. Empty = as it is.</summary>
    public ReadOnlyMemory<byte> Usage { get; init; }

    /// <summary>Replace the words for <c>finish_reason</c> that are not OpenAI's.</summary>
    public bool FinishReason { get; init; }

    /// <summary>Replace <c>kv_transfer_params</c> by null: addresses inside the fleet are nobody's business.</summary>
    public bool HideTransfer { get; init; }

    /// <summary>Whether this would change the chunk at all.</summary>
    public bool Changes(in StreamChunk chunk) =>
        (FinishReason && chunk.HasForeignFinish)
        || (HideTransfer && !chunk.KvTransferParams.IsEmpty)
        || (!Id.IsEmpty && !chunk.Id.IsEmpty)
        || (!Created.IsEmpty && !chunk.Created.IsEmpty)
        || (!Usage.IsEmpty && !chunk.Usage.IsEmpty);
}
