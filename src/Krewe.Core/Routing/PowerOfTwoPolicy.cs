using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>
/// Draws two candidates and takes the less loaded. Routers that see slightly old loads do not all run to the same
/// instance, as they would with the least loaded of all.
/// Source: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.
/// </summary>
internal sealed class PowerOfTwoPolicy : IRoutingPolicy
{
    public string Name => RoutingPolicies.PowerOfTwo;

    public int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random)
    {
        TwoDraws.From(candidates, random, out var first, out var second);
        return second.At >= 0 && second.Score < first.Score ? second.At : first.At;
    }
}
