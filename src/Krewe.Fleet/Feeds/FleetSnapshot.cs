using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Feeds;

/// <summary>Everything that a silo knows of the fleet, from its own actors and from others.</summary>
public sealed record FleetSnapshot(IReadOnlyList<InstanceView> Instances, IReadOnlyList<PoolPublication> Pools, IReadOnlyList<PoolStanding> Standings)
{
    /// <summary>Most blocks of prompts that a snapshot tells of, over all pools: 2 MB.</summary>
    public const int MaxPrefixBlocks = 1 << 18;

    /// <summary>What instances are taken to have cached: of each the most recently used.</summary>
    public IReadOnlyList<PrefixLesson> Prefixes { get; init; } = [];
}
