using Krewe.Core.Routing;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Feeds;

/// <summary>Everything that a silo knows of the fleet, from its own actors and from others.</summary>
public sealed record FleetSnapshot(IReadOnlyList<InstanceView> Instances, IReadOnlyList<PoolPublication> Pools, IReadOnlyList<PoolStanding> Standings);
