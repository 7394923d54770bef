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

    public Monotonic ExpiresAt => expiresAt;

    /// <summary>The decode request that reads it; while there is one the lease does not expire.</summary>
    public string? Reader { get; set; }
}
