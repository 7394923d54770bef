using Krewe.Core.Time;

namespace Krewe.EngineSim.Engine;

/// <summary>A finished prefill's KV, held for the decode instance that was promised it.</summary>
internal sealed class KvLease(string requestId, int[] blockIds, List<int> blocks, int tokens, Monotonic expiresAt)
{
    public string RequestId => requestId;

    /// <summary>What the prefill's answer named.</summary>
    public int[] BlockIds => blockIds;

    /// <summary>The references that it holds.</summary>
    public List<int> Blocks => blocks;

    public int Tokens => tokens;

    public Monotonic ExpiresAt { get; private set; } = expiresAt;

    /// <summary>The decode request that reads it; for its sake the lease lasts once more as long.</summary>
    public string? Reader { get; set; }

    public bool IsExtended { get; private set; }

    public void Extend(Monotonic until)
    {
        ExpiresAt = until;
        IsExtended = true;
    }
}
