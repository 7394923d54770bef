using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>
/// The decode instance that would go with a prefill instance of each group: chosen by the pool's policy when it is first
/// asked for, and the same for the rest of the decision.
/// </summary>
internal readonly ref struct DecodeChoices(
    PoolView pool, IRoutingPolicy policy, RoutingState state, RouteQuery query, IRandomSource random, Span<int> chosen, int firstTier, int lastTier)
{
    private const int Unknown = 0;
    private const int None = -1;

    // Per group: Unknown, None, or the chosen slot + 1.
    private readonly Span<int> _chosen = chosen;
    private readonly RouteQuery _query = query;

    public InstanceView? For(int group)
    {
        ref var memo = ref _chosen[group];
        if (memo == Unknown)
        {
            memo = Choose(group) + 1;
            if (memo == Unknown)
            {
                memo = None;
            }
        }

        return memo == None ? null : pool[memo - 1];
    }

    /// <summary>The slot of a decode instance of the group that can serve, or -1.</summary>
    private int Choose(int group)
    {
        for (var tier = firstTier; tier <= lastTier; tier++)
        {
            var set = pool.Topology.Decodes[group][tier];
            var candidates = new RoutingCandidates(pool, set, _query.Exclusions.Span, computePrompt: false);
            var at = candidates.Choose(policy, _query, state, random);
            if (at >= 0)
            {
                return set.Slots[at];
            }
        }

        return -1;
    }
}
