namespace Krewe.Engines.Streams;

/// <summary>What to change in a chunk before a client sees it. All off = nothing.</summary>
public readonly record struct ChunkRewrite
{
    /// <summary>The JSON of another <c>id</c>; empty = as it is.</summary>
    public ReadOnlyMemory<byte> Id { get; init; }

    /// <summary>The JSON of another <c>created</c>; empty = as it is.</summary>
    public ReadOnlyMemory<byte> Created { get; init; }

    /// <summary>The JSON of another <c>usage</c> where there is one. Empty = as it is.</summary>
    public ReadOnlyMemory<byte> Usage { get; init; }

    /// <summary>Take <c>usage</c> out, name and all: who did not ask for it sees nothing of it.</summary>
    public bool HideUsage { get; init; }

    /// <summary>Replace the <c>role</c> by null.</summary>
    public bool HideRole { get; init; }

    /// <summary>Replace <c>token_ids</c> and <c>prompt_token_ids</c> by null.</summary>
    public bool HideTokenIds { get; init; }

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
        || ((HideUsage || !Usage.IsEmpty) && !chunk.Usage.IsEmpty)
        || (HideRole && !chunk.Role.IsEmpty)
        || (HideTokenIds && !(chunk.TokenIds.IsEmpty && chunk.PromptTokenIds.IsEmpty));
}
