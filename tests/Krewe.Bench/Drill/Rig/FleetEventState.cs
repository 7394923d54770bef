namespace Krewe.Bench.Drill.Rig;

/// <summary>A transition as <c>/admin/v1/events</c> tells it.</summary>
internal sealed record FleetEventState
{
    public required long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Pool { get; init; }

    public string? Instance { get; init; }

    public long? Epoch { get; init; }

    public required string What { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    public required string Cause { get; init; }
}
