using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>
/// Draws two candidates and takes the less loaded. Routers that see slightly old loads do not all run to the same
/// instance, as they would with the least loaded of all.
/// Source: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.
/// </summary>
internal sealed class PowerOfTwoPolicy : IRoutingPolicy
{
    // With more misses than this most candidates cannot serve, and a scan costs less than further draws.
    private const int MaxMisses = 6;

    // Where a scan costs no more than two draws.
    private const int FewCandidates = 2;

    public string Name => RoutingPolicies.PowerOfTwo;

    public int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var count = candidates.Count;
        if (count <= FewCandidates)
        {
            return Scan(candidates, random);
        }

        var first = -1;
        LoadScore firstScore = default;
        for (var misses = 0; misses < MaxMisses;)
        {
            var drawn = random.Next(count);
            if (drawn == first || !candidates.TryScore(drawn, out var score))
            {
                misses++;
            }
            else if (first < 0)
            {
                first = drawn;
                firstScore = score;
            }
            else
            {
                return score < firstScore ? drawn : first;
            }
        }

        return Scan(candidates, random);
    }

    /// <summary>Draws two evenly from those that can serve, by reservoir, in one pass.</summary>
    private static int Scan(in RoutingCandidates candidates, IRandomSource random)
    {
        int first = -1, second = -1, seen = 0;
        LoadScore firstScore = default, secondScore = default;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (!candidates.TryScore(i, out var score))
            {
                continue;
            }

            var place = seen < 2 ? seen : random.Next(seen + 1);
            seen++;
            if (place == 0)
            {
                (first, firstScore) = (i, score);
            }
            else if (place == 1)
            {
                (second, secondScore) = (i, score);
            }
        }

        if (second < 0)
        {
            return first;
        }

        var order = secondScore.CompareTo(firstScore);
        return order < 0 || (order == 0 && random.Next(2) == 0) ? second : first;
    }
}
