using Krewe.Bench.Drill.Record;

namespace Krewe.Bench.Drill.Cluster.Verdict;

/// <summary>What happened in a drill of a cluster, whole.</summary>
internal sealed record ClusterHistory
{
    public required IReadOnlyList<RequestRecord> Records { get; init; }

    public required IReadOnlyList<SiloLife> Silos { get; init; }

    public required IReadOnlyList<Sighting> Sightings { get; init; }

    /// <summary>When the fault came; null: it did not.</summary>
    public TimeSpan? FaultAt { get; init; }

    /// <summary>Until when requests may fail because nobody is left to take them; null: never.</summary>
    public TimeSpan? OutageUntil { get; init; }

    /// <summary>How long it may take until new requests no longer meet a silo that is gone (design.md 10).</summary>
    public static TimeSpan NewAfter { get; } = TimeSpan.FromSeconds(3);

    public SiloLife? SiloOf(RequestRecord record) => record.Silo is { } name ? Silos.FirstOrDefault(silo => silo.Name == name) : null;

    /// <summary>
    /// Whether it went with a silo that the drill took away: it ran there then, or was sent there before a balancer could know.
    /// A client of that silo's port has to ask again; through the SDK nothing is lost.
    /// </summary>
    public bool WentWithItsSilo(RequestRecord record) =>
        SiloOf(record) is { IsLost: true, LeavesAt: { } at } && record.EndedAt > at && record.SentAt < at + NewAfter;

    /// <summary>Whether nobody was there to serve it, by the drill's own doing.</summary>
    public bool IsInOutage(RequestRecord record) => record.SentAt <= OutageUntil && record.EndedAt >= FaultAt;

    /// <summary>Whether it was sent when what follows a fault has to be over.</summary>
    public bool IsNew(RequestRecord record) => record.SentAt >= FaultAt + NewAfter && !IsInOutage(record);
}
