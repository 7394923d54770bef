using Krewe.Core.Pools;
using Krewe.Fleet.Pools;
using Orleans.Concurrency;

namespace Krewe.Orleans.Pools;

/// <summary>The calls of <see cref="IPoolRef"/> as grain calls. Key: the pool's name.</summary>
[Alias("krewe.pool")]
internal interface IPoolGrain : IGrainWithStringKey
{
    [Alias("configure")]
    ValueTask ConfigureAsync(PoolDefinition definition);

    [Alias("ensure")]
    ValueTask<PoolDefinition> EnsureAsync(PoolDefinition definition);

    /// <remarks>A lost one is healed by the pool's next nudge, which every member answers with a notice.</remarks>
    [Alias("notice")]
    [OneWay]
    ValueTask NoticeAsync(MemberNotice notice);

    /// <remarks>Not one way: a silo that starts waits until its pools are awake, else it would answer that it does not know their models.</remarks>
    [Alias("nudge")]
    ValueTask NudgeAsync();

    [Alias("describe")]
    ValueTask<PoolDescription?> DescribeAsync();
}
