using Krewe.Bench.Drill.Cluster.Verdict;
using Krewe.Bench.Drill.Record;

namespace Krewe.EndToEnd.Tests.Drill.Cluster;

/// <summary>Histories of a cluster of three silos, written down without processes. The fault comes at 10 s.</summary>
internal static class ClusterRecording
{
    public const int FaultMs = 10_000;

    public static readonly TimeSpan Fault = Recording.Ms(FaultMs);

    /// <summary>s3 is the one that is taken away.</summary>
    public static IReadOnlyList<SiloLife> Silos { get; } =
    [
        Silo("s1"), Silo("s2"), Silo("s3") with { LeavesAt = Fault, IsLost = true },
    ];

    public static SiloLife Silo(string name, int readyMs = 0) => new(name, $"host-{name}", Recording.Ms(readyMs));

    /// <summary>A request to a silo, whole if nothing else is said.</summary>
    public static RequestRecord Request(string silo, int sentMs, RecordedEnd end = RecordedEnd.Completed, int silenceMs = 0)
    {
        var recording = new Recording(sentMs: sentMs);
        recording.Record.SentTo(silo, triedBefore: 0);
        recording.Tokens(0, 4).Silence(silenceMs);
        _ = end == RecordedEnd.Completed ? recording.Tokens(4, 8).Done() : recording.Ends(end);
        return recording.Record;
    }

    /// <summary>What a silo says of who is active, at one time.</summary>
    public static Sighting Says(string observer, int atMs, params string[] silos) =>
        new(observer, Recording.Ms(atMs), [.. silos.Select(silo => $"host-{silo}")]);

    public static ClusterHistory History(params RequestRecord[] records) => new()
    {
        Records = records,
        Silos = Silos,
        Sightings = [],
        FaultAt = Fault,
    };
}
