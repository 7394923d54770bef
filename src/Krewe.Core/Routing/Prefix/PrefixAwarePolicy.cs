using Krewe.Core.Instances;
using Krewe.Core.Randomness;

namespace Krewe.Core.Routing.Prefix;

/// <summary>
/// Takes the candidate with the fewest tokens to compute before the first token, those that wait there weighed against
/// those of the prompt that are not cached there:
/// <code>cost = weight * backlog + max(0, prompt - cached)     [tokens]</code>
/// With weight 1 that is the time to first token of Mooncake's scheduler (queue + prefill of what is not cached), told in
/// tokens, which all instances of a pool are taken to compute at one rate. But whoever leaves its cache computes again what
/// the fleet has, and pushes out what others would have found: that pays where the copy will be used again, so the weight is
/// 1 where those who have most of the prompt are as busy as others by that prefix alone
/// (demand, see <see cref="PrefixIndex.Match"/>), and falls to <see cref="ColdWeight"/> where hardly anybody uses it:
/// <code>weight = c + (1 - c) * demand</code>
/// Where demand is above 1, those who have the prefix get more than their share of all prompts by it alone: what waits there
/// makes all that come behind it wait too, so it weighs more than what one prompt waits, until enough have a copy.
/// Source: R. Qin et al., "Mooncake: Trading More Storage for Less Computation", FAST 2025, algorithm 1; the weight is our own.
/// </summary>
/// <remarks>
/// Not all candidates are weighed but two drawn by chance, as in power-of-two, and those that have most of the prompt
/// (see <see cref="PrefixIndex.Match"/>): routers that see slightly old loads do not all run to the same one, and the cost
/// of a decision does not grow with the pool. Where nothing of a prompt is known it is power-of-two by that cost; for
/// requests without a chain, and for decode halves, power-of-two itself.
/// </remarks>
internal sealed class PrefixAwarePolicy : IRoutingPolicy
{
    /// <summary>
    /// Share of the tokens reserved at an instance that decodes too which still wait for their prefill: it holds its
    /// reservations to the end of the answer.
    /// </summary>
    private const double MixedBacklog = 0.25;

    /// <summary>
    /// What a waiting token counts where nobody but this conversation uses what is cached. Found by replaying Mooncake's
    /// traces: from 1 to 1/10 the times to first token hardly change, while hits rise from 78 % to 98 % of the ideal.
    /// </summary>
    private const double ColdWeight = 0.125;

    private static readonly PowerOfTwoPolicy Fallback = new();

    public string Name => RoutingPolicies.PrefixAware;

    public bool UsesPrefixes => true;

    public int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!candidates.ComputePrompt || query.Prefix.IsEmpty)
        {
            return Fallback.Choose(candidates, query, state, random);
        }

        TwoDraws.From(candidates, random, out var first, out var second);
        if (second.At < 0)
        {
            return first.At;
        }

        var chain = query.Prefix.Span;
        var matches = default(PrefixMatches);
        var count = state.Prefixes.Match(chain, candidates.Count, random, ref matches, out var demand);
        var weight = count == 0 ? 1 : ColdWeight + ((1 - ColdWeight) * demand);
        var best = Weigh(candidates, first, CachedBlocks(candidates, first.At, state, chain), query, weight);
        best = Better(best, Weigh(candidates, second, CachedBlocks(candidates, second.At, state, chain), query, weight));
        for (var i = 0; i < count; i++)
        {
            ref readonly var match = ref matches[i];
            if (candidates.TryFind(match.Instance, out var at)
                && candidates[at].Epoch == match.Epoch
                && candidates.TryScore(at, out var score))
            {
                best = Better(best, Weigh(candidates, (at, score), match.Blocks, query, weight));
            }
        }

        return best.At;
    }

    private static int CachedBlocks(in RoutingCandidates candidates, int at, RoutingState state, ReadOnlySpan<ulong> chain)
    {
        var view = candidates[at];
        return state.Prefixes.BlocksOf(view.Id, view.Epoch, chain);
    }

    private static Weighed Weigh(in RoutingCandidates candidates, (int At, LoadScore Score) candidate, int cachedBlocks, in RouteQuery query, double weight)
    {
        var uncached = Math.Max(0, query.PromptTokens - ((long)cachedBlocks * PrefixBlocks.TokensPerBlock));
        return new Weighed(candidate.At, (weight * Backlog(candidates[candidate.At])) + uncached, candidate.Score);
    }

    /// <summary>Tokens to be computed there before what comes now.</summary>
    private static double Backlog(InstanceView view)
    {
        var load = view.Load;

        // Others use it too: of theirs only the engine knows.
        var foreign = load.ExternalRequests > 0 ? load.Reported.QueuedTokens : 0;
        return Math.Max(foreign, view.Registration.Role is InstanceRole.Prefill ? load.ReservedTokens : load.ReservedTokens * MixedBacklog);
    }

    /// <summary>The first, unless the second is better: so equals among the drawn ones are taken by chance.</summary>
    private static Weighed Better(Weighed first, Weighed second) =>
        second.Cost < first.Cost || (second.Cost == first.Cost && second.Score < first.Score) ? second : first;

    private readonly record struct Weighed(int At, double Cost, LoadScore Score);
}
