namespace Krewe.EngineSim.Engine;

/// <summary>Running totals of one incarnation, in tokens or sequences.</summary>
internal sealed class EngineCounters
{
    public long PromptTokens { get; set; }

    /// <summary>Prompt tokens looked up in the prefix cache, once for each sequence.</summary>
    public long CacheQueries { get; set; }

    public long CacheHits { get; set; }

    /// <summary>Prompt tokens whose KV came from a prefill instance.</summary>
    public long TransferredTokens { get; set; }

    public long GeneratedTokens { get; set; }

    public long Completed { get; set; }

    public long Cancelled { get; set; }

    public long Failed { get; set; }
}
