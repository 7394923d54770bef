using Krewe.Core.Identity;

namespace Krewe.Fleet.Pools;

/// <summary>Calls to the <see cref="PoolIndexActor"/>: which pools there are, so that a fresh silo knows whom to wake.</summary>
public interface IPoolIndexRef
{
    /// <summary>Ends when the name is durable, or after a bound.</summary>
    ValueTask AddAsync(PoolName pool);

    ValueTask<IReadOnlyList<PoolName>> ListAsync();
}
