using Krewe.EngineSim.Engine;

namespace Krewe.EngineSim.Runtime;

/// <summary>A copy of the engine's counters.</summary>
internal readonly record struct EngineTotals(
    long PromptTokens, long CacheQueries, long CacheHits, long TransferredTokens, long GeneratedTokens, long Completed, long Cancelled, long Failed)
{
    public static EngineTotals Of(EngineCounters counters) => new(
        counters.PromptTokens, counters.CacheQueries, counters.CacheHits, counters.TransferredTokens,
        counters.GeneratedTokens, counters.Completed, counters.Cancelled, counters.Failed);
}
