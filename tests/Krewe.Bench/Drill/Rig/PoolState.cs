namespace Krewe.Bench.Drill.Rig;

/// <summary>A pool as <c>/admin/v1/pools/{pool}</c> tells it.</summary>
internal sealed record PoolState
{
    public required string Pool { get; init; }

    public required string Health { get; init; }

    public required PoolQueue Queue { get; init; }

    public required IReadOnlyList<InstanceState> Instances { get; init; }

    public InstanceState? Find(string name) => Instances.FirstOrDefault(one => one.Name == name);

    internal sealed record PoolQueue(long Waiting);
}
