namespace Krewe.EngineSim.Engine;

/// <summary>What a prefill instance says to a decode instance that wants a request's KV.</summary>
internal enum KvPullResult
{
    Ok,

    /// <summary>No such engine here: another incarnation lives at this address.</summary>
    UnknownEngine,

    /// <summary>No blocks are held for this request: never were, expired, or already read.</summary>
    UnknownRequest,

    /// <summary>Blocks are held for this request, but not these.</summary>
    UnknownBlocks,

    /// <summary>Another decode request reads them.</summary>
    Busy,

    /// <summary>No answer from the prefill instance.</summary>
    Unreachable,
}
