namespace Krewe.Bench.Drill.Rig;

/// <summary>An instance as <c>/admin/v1/pools/{pool}</c> tells it.</summary>
internal sealed record InstanceState
{
    public required string Name { get; init; }

    public required string Url { get; init; }

    public required string State { get; init; }

    public required string Admin { get; init; }

    public required string Breaker { get; init; }

    public required bool Schedulable { get; init; }

    public required long Epoch { get; init; }

    public required string Incarnation { get; init; }

    public required Reservations Reserved { get; init; }

    public required ReportedLoad Load { get; init; }

    internal sealed record Reservations(long Requests, long Tokens);

    internal sealed record ReportedLoad(long Running, long Waiting, double KvUsage, long? AgeMs);
}
