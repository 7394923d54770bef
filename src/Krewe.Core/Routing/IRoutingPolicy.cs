using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>
/// Chooses among candidates that could serve. Stateless and safe to use from many threads; what it must remember, it keeps
/// in the <see cref="RoutingState"/>.
/// </summary>
public interface IRoutingPolicy
{
    /// <summary>Its name in the pool's configuration.</summary>
    string Name { get; }

    /// <summary>Whether it looks at <see cref="RouteQuery.Prefix"/> and <see cref="RoutingState.Prefixes"/>: else neither need be kept.</summary>
    bool UsesPrefixes => false;

    /// <summary>
    /// The position, in <paramref name="candidates"/>, of the one to ask first: one for which
    /// <see cref="RoutingCandidates.TryScore"/> is true; -1 only where there is none.
    /// </summary>
    int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random);
}
