using Krewe.EngineSim.Engine;

namespace Krewe.EngineSim.Transfer;

/// <summary>One sequence's transfer: claimed once, finished once.</summary>
internal sealed class KvReading(KvClient client, KvReference kv, SimSequence sequence)
{
    public SimSequence Sequence => sequence;

    /// <summary>Claimed and not yet finished.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Claims the KV.</summary>
    /// <param name="requestId">The id that the prefill must have had; null: any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null, or why it is refused.</returns>
    public async ValueTask<string?> ClaimAsync(string? requestId, CancellationToken cancellationToken)
    {
        if (requestId is not null && requestId != kv.RequestId)
        {
            return $"request {requestId} is not the one that was prefilled as {kv.RequestId}";
        }

        var (result, tokens) = await client.ClaimAsync(kv, sequence.Id, cancellationToken).ConfigureAwait(false);
        IsOpen = result == KvPullResult.Ok;
        return result switch
        {
            KvPullResult.Ok when tokens != sequence.Prompt.Length => $"{tokens} tokens were prefilled for a prompt of {sequence.Prompt.Length}",
            KvPullResult.Ok => null,
            KvPullResult.UnknownEngine => $"engine {kv.EngineId} is not at {kv.Host}:{kv.Port}",
            KvPullResult.UnknownRequest => $"no blocks are held for request {kv.RequestId}: expired, already read, or never there",
            KvPullResult.UnknownBlocks => "remote_block_ids are not those of the request",
            KvPullResult.Busy => "block marked busy: another request reads these blocks",
            _ => $"no answer from {kv.Host}:{kv.Port}",
        };
    }

    /// <summary>Tells the prefill instance that it may free the blocks.</summary>
    /// <returns>Whether they were there to the end.</returns>
    public ValueTask<bool> FinishAsync(CancellationToken cancellationToken)
    {
        IsOpen = false;
        return client.ReleaseAsync(kv, sequence.Id, cancellationToken);
    }
}
