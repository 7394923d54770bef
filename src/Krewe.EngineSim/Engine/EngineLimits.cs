namespace Krewe.EngineSim.Engine;

/// <summary>What the engine can hold. Checked by the options that carry them.</summary>
/// <param name="MaxRunning">Most requests in the batch.</param>
/// <param name="MaxWaiting">Most requests that wait for a place.</param>
/// <param name="KvBlocks">KV cache, in blocks.</param>
/// <param name="BlockSize">Tokens in a block.</param>
/// <param name="KvLease">How long a prefill's KV is held for a decode instance that does not come.</param>
internal sealed record EngineLimits(int MaxRunning, int MaxWaiting, int KvBlocks, int BlockSize, TimeSpan KvLease)
{
    public int BlocksFor(int tokens) => (tokens + BlockSize - 1) / BlockSize;
}
