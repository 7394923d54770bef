namespace Krewe.EngineSim.Hosting;

/// <summary>What a decode whose KV cannot be loaded does (vLLM's kv_load_failure_policy).</summary>
public enum KvLoadFailure
{
    /// <summary>The request fails.</summary>
    Fail,

    /// <summary>It computes the prompt itself.</summary>
    Recompute,
}
