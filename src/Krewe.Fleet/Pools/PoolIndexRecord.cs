using Krewe.Core.Identity;

namespace Krewe.Fleet.Pools;

/// <summary>The names of all pools.</summary>
public sealed record PoolIndexRecord(IReadOnlyList<PoolName> Pools);
