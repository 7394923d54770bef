using System.Collections.Immutable;
using Krewe.Core.Identity;
using Krewe.Fleet.Pools;

namespace Krewe.Orleans.Pools;

/// <summary>The calls of <see cref="IPoolIndexRef"/> as grain calls. Key: <see cref="PoolIndexActor.Key"/>; there is one.</summary>
[Alias("krewe.pool-index")]
internal interface IPoolIndexGrain : IGrainWithStringKey
{
    [Alias("add")]
    ValueTask AddAsync(PoolName pool);

    [Alias("list")]
    ValueTask<ImmutableArray<PoolName>> ListAsync();
}
