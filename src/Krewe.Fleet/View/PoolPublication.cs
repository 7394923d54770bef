using Krewe.Core.Pools;

namespace Krewe.Fleet.View;

/// <summary>What a pool tells the silos: its definition, numbered; the higher number wins.</summary>
public sealed record PoolPublication(PoolDefinition Definition, long Version);
