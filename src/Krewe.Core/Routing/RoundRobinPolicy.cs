using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>Takes each candidate that can serve in turn, whatever its load.</summary>
internal sealed class RoundRobinPolicy : IRoutingPolicy
{
    public string Name => RoutingPolicies.RoundRobin;

    public int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(state);
        var count = candidates.Count;
        ref var cursor = ref state.Cursor(candidates.Key);
        while (true)
        {
            var start = Volatile.Read(ref cursor);
            var chosen = FirstFrom(candidates, count == 0 ? 0 : (int)(start % count));

            // The cursor moves past the chosen one, not by one: else the one after a gap would get the gap's turns too.
            if (chosen < 0 || Interlocked.CompareExchange(ref cursor, chosen + 1, start) == start)
            {
                return chosen;
            }
        }
    }

    private static int FirstFrom(in RoutingCandidates candidates, int start)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            var at = start + i < candidates.Count ? start + i : start + i - candidates.Count;
            if (candidates.TryScore(at, out _))
            {
                return at;
            }
        }

        return -1;
    }
}
