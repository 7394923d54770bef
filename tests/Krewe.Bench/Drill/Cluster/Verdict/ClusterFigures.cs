using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Cluster.Verdict;

/// <summary>A drill of a cluster in figures; times in milliseconds. Null where a drill has nothing of the kind.</summary>
internal sealed record ClusterFigures
{
    public required int Requests { get; init; }

    /// <summary>Requests that failed and had no reason to: neither went with their silo, nor came when nobody was there.</summary>
    public required int Failed { get; init; }

    /// <summary>Requests that went with their silo, and were not whole.</summary>
    public required int LostWithSilo { get; init; }

    /// <summary>Requests that failed while nobody was there to take them.</summary>
    public required int FailedInOutage { get; init; }

    /// <summary>Requests that were sent 3 s after the fault or later.</summary>
    public required int New { get; init; }

    /// <summary>Of those, the ones that were not answered whole, whatever the reason.</summary>
    public required int NewFailed { get; init; }

    public required int Hung { get; init; }

    public required int Lost { get; init; }

    public required int Doubled { get; init; }

    public required int Foreign { get; init; }

    public required int Stale { get; init; }

    /// <summary>Requests with an oddity, by its words.</summary>
    public required IReadOnlyDictionary<string, int> Oddities { get; init; }

    /// <summary>Requests that a balancer sent on because a silo took no connection.</summary>
    public required int SentOn { get; init; }

    /// <summary>Fault to the moment when the last of the others no longer takes the silo for active; null where nobody was to leave, or not all noticed.</summary>
    public double? DetectMs { get; init; }

    /// <summary>Streams that ran on other silos at the fault.</summary>
    public required int Struck { get; init; }

    /// <summary>p99 of the longest silence in each of them from the fault on.</summary>
    public double? GapMsP99 { get; init; }

    /// <summary>Fault to the end of the last request that failed without having gone with its silo; 0 where none did.</summary>
    public required double LastFailureMs { get; init; }

    /// <summary>Silos that another took for gone although nothing was done to them.</summary>
    public required IReadOnlyList<string> Evicted { get; init; }

    public double? TtftMsP99Before { get; init; }

    public double? TtftMsP99After { get; init; }

    /// <summary>Share of the new requests that were answered whole; 1 where there were none.</summary>
    public double NewShare => New == 0 ? 1 : 1 - ((double)NewFailed / New);

    public static ClusterFigures Of(ClusterHistory history)
    {
        var all = history.Records.Select(record => (Record: record, Verdict: RequestVerdict.Of(record))).ToList();
        var judged = all.Where(one => !history.WentWithItsSilo(one.Record) && !history.IsInOutage(one.Record)).ToList();
        var gaps = Gaps(history).ToList();
        var news = all.Where(one => history.IsNew(one.Record)).ToList();
        var requests = new DrillHistory { Records = history.Records, Stories = new Dictionary<string, Drill.Rig.RequestStory>(), Events = [], Strikes = [] };
        return new ClusterFigures
        {
            Requests = all.Count,
            Failed = judged.Count(one => one.Verdict.IsFailed),
            LostWithSilo = all.Count(one => one.Verdict.IsFailed && history.WentWithItsSilo(one.Record)),
            FailedInOutage = all.Count(one => one.Verdict.IsFailed && history.IsInOutage(one.Record) && !history.WentWithItsSilo(one.Record)),
            New = news.Count,
            NewFailed = news.Count(one => one.Verdict.IsFailed || one.Verdict.IsHung),
            Hung = all.Count(one => one.Verdict.IsHung),
            Lost = all.Sum(one => one.Verdict.Tokens.Lost),
            Doubled = all.Sum(one => one.Verdict.Tokens.Doubled),
            Foreign = all.Sum(one => one.Verdict.Tokens.Foreign),
            Stale = all.Sum(one => one.Verdict.Stale),
            Oddities = judged.SelectMany(one => one.Verdict.Oddities).GroupBy(text => text).ToDictionary(group => group.Key, group => group.Count()),
            SentOn = history.Records.Count(record => record.SentOn > 0),
            DetectMs = MembershipView.DetectMs(history),
            Struck = gaps.Count,
            GapMsP99 = Percentile.P99(gaps),
            LastFailureMs = LastFailure(history, judged.Where(one => one.Verdict.IsFailed).Select(one => one.Record)),
            Evicted = MembershipView.Evicted(history),
            TtftMsP99Before = history.FaultAt is { } at ? ScenarioFigures.TtftMsP99(requests, TimeSpan.Zero, at) : null,
            TtftMsP99After = history.FaultAt is { } since ? ScenarioFigures.TtftMsP99(requests, since, TimeSpan.MaxValue) : null,
        };
    }

    private static double LastFailure(ClusterHistory history, IEnumerable<RequestRecord> failed) =>
        failed.Where(record => record.EndedAt >= history.FaultAt).Select(record => (record.EndedAt - history.FaultAt!.Value).TotalMilliseconds).DefaultIfEmpty(0).Max();

    private static IEnumerable<double> Gaps(ClusterHistory history)
    {
        if (history.FaultAt is not { } fault)
        {
            yield break;
        }

        foreach (var record in history.Records.Where(record => record.Plan.Streams && record.IsUnderWayAt(fault) && !history.WentWithItsSilo(record)))
        {
            var events = record.Events;
            var last = -1;
            while (last + 1 < events.Count && events[last + 1].At <= fault)
            {
                last++;
            }

            if (last >= 0 && last + 1 < events.Count)
            {
                yield return Enumerable.Range(last, events.Count - last - 1).Max(i => (events[i + 1].At - events[i].At).TotalMilliseconds);
            }
        }
    }
}
