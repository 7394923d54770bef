using Krewe.EngineSim.Engine;

namespace Krewe.Bench.Replay;

/// <summary>The hits of one cache as large as those of all instances that compute prompts, which takes the trace's prompts one after another.</summary>
internal static class IdealCache
{
    public static double HitRate(IReadOnlyList<TraceRequest> trace, ReplayOptions options)
    {
        var counters = new EngineCounters();
        var limits = options.Limits with { KvBlocks = options.Limits.KvBlocks * options.PromptInstances };
        var cache = new KvCache(limits, counters);
        for (var i = 0; i < trace.Count; i++)
        {
            var sequence = new SimSequence { Id = "", Prompt = TracePrompt.Tokens(trace[i], i), Seed = 0, Tokens = 1 };
            if (cache.CanEverFit(sequence) && cache.TryAllocate(sequence))
            {
                cache.NameFullBlocks(sequence, sequence.Prompt.Length);
                cache.Free(sequence);
            }
        }

        return counters.CacheQueries == 0 ? 0 : (double)counters.CacheHits / counters.CacheQueries;
    }
}
