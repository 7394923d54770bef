using Krewe.Core.Pools;

namespace Krewe.Fleet.Pools;

/// <summary>Calls to a <see cref="PoolActor"/>.</summary>
public interface IPoolRef
{
    /// <summary>Sets the pool's definition: at start from configuration, later by an operator.</summary>
    ValueTask ConfigureAsync(PoolDefinition definition);

    /// <summary>Makes the pool with a default definition where none is known. Gives the definition in force.</summary>
    ValueTask<PoolDefinition> EnsureAsync(PoolDefinition definition);

    /// <summary>An instance tells its state. One way.</summary>
    ValueTask NoticeAsync(MemberNotice notice);

    /// <summary>Wakes the pool, which wakes its members. One way.</summary>
    ValueTask NudgeAsync();

    /// <summary>Null for a pool that does not exist.</summary>
    ValueTask<PoolDescription?> DescribeAsync();
}
