using Krewe.Core.Pools;
using Krewe.Fleet.Pools;

namespace Krewe.Orleans.Pools;

internal sealed class PoolGrainRef(IPoolGrain grain) : IPoolRef
{
    public ValueTask ConfigureAsync(PoolDefinition definition) => grain.ConfigureAsync(definition);

    public ValueTask<PoolDefinition> EnsureAsync(PoolDefinition definition) => grain.EnsureAsync(definition);

    public ValueTask NoticeAsync(MemberNotice notice) => grain.NoticeAsync(notice);

    public ValueTask NudgeAsync() => grain.NudgeAsync();

    public ValueTask<PoolDescription?> DescribeAsync() => grain.DescribeAsync();
}
