using Krewe.Core.Time;

namespace Krewe.Core.Pools;

/// <summary>Whether a pool holds its membership; see <see cref="BlindnessRule"/>.</summary>
/// <param name="IsFrozen">Whether silence makes nobody Suspect or Removed.</param>
/// <param name="ClearSince">Frozen: since when most of the pool is heard again; null while it is not.</param>
public readonly record struct BlindnessState(bool IsFrozen, Monotonic? ClearSince = null);
