using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>Takes the least loaded of all candidates; among equals, any with the same chance.</summary>
internal sealed class LeastLoadedPolicy : IRoutingPolicy
{
    public string Name => RoutingPolicies.LeastLoaded;

    public int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        int best = -1, equals = 0;
        LoadScore bestScore = default;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (!candidates.TryScore(i, out var score))
            {
                continue;
            }

            var order = best < 0 ? -1 : score.CompareTo(bestScore);
            if (order < 0)
            {
                (best, bestScore, equals) = (i, score, 1);
            }
            else if (order == 0 && random.Next(++equals) == 0)
            {
                best = i;
            }
        }

        return best;
    }
}
