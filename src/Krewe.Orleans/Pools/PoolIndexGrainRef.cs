using Krewe.Core.Identity;
using Krewe.Fleet.Pools;

namespace Krewe.Orleans.Pools;

internal sealed class PoolIndexGrainRef(IPoolIndexGrain grain) : IPoolIndexRef
{
    public ValueTask AddAsync(PoolName pool) => grain.AddAsync(pool);

    public async ValueTask<IReadOnlyList<PoolName>> ListAsync() => await grain.ListAsync();
}
