using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>Two of the candidates that can serve, drawn evenly; fewer where there are fewer.</summary>
internal static class TwoDraws
{
    // With more misses than this most candidates cannot serve, and a scan costs less than further draws.
    private const int MaxMisses = 6;

    // Where a scan costs no more than two draws.
    private const int FewCandidates = 2;

    /// <summary>Their positions and scores, in a random order; -1 where there is none.</summary>
    public static void From(in RoutingCandidates candidates, IRandomSource random, out (int At, LoadScore Score) first, out (int At, LoadScore Score) second)
    {
        ArgumentNullException.ThrowIfNull(random);
        first = second = (-1, default);
        var count = candidates.Count;
        if (count <= FewCandidates)
        {
            Scan(candidates, random, ref first, ref second);
            return;
        }

        for (var misses = 0; misses < MaxMisses;)
        {
            var drawn = random.Next(count);
            if (drawn == first.At || !candidates.TryScore(drawn, out var score))
            {
                misses++;
            }
            else if (first.At < 0)
            {
                first = (drawn, score);
            }
            else
            {
                second = (drawn, score);
                return;
            }
        }

        first = (-1, default);
        Scan(candidates, random, ref first, ref second);
    }

    /// <summary>By reservoir, in one pass.</summary>
    private static void Scan(in RoutingCandidates candidates, IRandomSource random, ref (int At, LoadScore Score) first, ref (int At, LoadScore Score) second)
    {
        var seen = 0;
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
                first = (i, score);
            }
            else if (place == 1)
            {
                second = (i, score);
            }
        }

        // Else the one that stands earlier would win every tie.
        if (second.At >= 0 && random.Next(2) == 0)
        {
            (first, second) = (second, first);
        }
    }
}
