using Krewe.Core.Pools;

namespace Krewe.Fleet.Pools;

/// <summary>A pool as its actor knows it.</summary>
public sealed record PoolDescription(PoolDefinition Definition, PoolHealthReport Health);
