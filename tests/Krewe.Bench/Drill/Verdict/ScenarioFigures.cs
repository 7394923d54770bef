using Krewe.Bench.Drill.Record;

namespace Krewe.Bench.Drill.Verdict;

/// <summary>A drill in figures; times in milliseconds. Null where a drill has nothing of the kind.</summary>
internal sealed record ScenarioFigures
{
    /// <summary>How long an instance that turned slow may take to be routed around (issue 3).</summary>
    private static readonly TimeSpan SlowSettles = TimeSpan.FromSeconds(10);

    /// <summary>Processes that have just started are slow: not a baseline.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);

    public required int Requests { get; init; }

    public required int Failed { get; init; }

    /// <summary>Of those, the ones for which no outage is an excuse.</summary>
    public required int FailedWithoutExcuse { get; init; }

    public required int Hung { get; init; }

    public required int Lost { get; init; }

    public required int Doubled { get; init; }

    public required int Foreign { get; init; }

    public required int Stale { get; init; }

    /// <summary>Requests with an oddity, by its words.</summary>
    public required IReadOnlyDictionary<string, int> Oddities { get; init; }

    /// <summary>Fault to the last new binding on the life that was hit; 0 where none followed.</summary>
    public double? DetectMs { get; init; }

    /// <summary>Streams that ran on it.</summary>
    public required int Struck { get; init; }

    /// <summary>p99 of the longest silence in each of them from the fault on.</summary>
    public double? GapMsP99 { get; init; }

    /// <summary>Fault to the moment when the last of its requests was served again: its stream flowed; one that does not stream was bound anew.</summary>
    public double? RecoverMs { get; init; }

    /// <summary>
    /// Longest time that a request was left on it, in vain: from the fault, or from its binding if that came later, to the end
    /// of the attempt; where a stream had nothing before the fault was over, to then.
    /// </summary>
    public double? HeldMs { get; init; }

    /// <summary>Attempts that the fault ended.</summary>
    public required int Moved { get; init; }

    /// <summary>Longest time from an instance's first accepted registration after the fault to its being active.</summary>
    public double? SchedulableMs { get; init; }

    /// <summary>p99 of the time to the first token, of requests that were not on the instance and came 10 s after the fault or later, over the same before the fault.</summary>
    public double? OthersTtftRatio { get; init; }

    /// <summary>p99 of the time to the first token of all streams that were sent before the first fault.</summary>
    public double? TtftMsP99Before { get; init; }

    /// <summary>The same of those sent after it.</summary>
    public double? TtftMsP99After { get; init; }

    public static ScenarioFigures Of(DrillHistory history)
    {
        var verdicts = history.Records.Select(record => (Record: record, Verdict: RequestVerdict.Of(record))).ToList();
        var gaps = history.Strikes.SelectMany(strike => Gaps(history, strike)).ToList();
        return new ScenarioFigures
        {
            Requests = history.Records.Count,
            Failed = verdicts.Count(one => one.Verdict.IsFailed),
            FailedWithoutExcuse = verdicts.Count(one => one.Verdict.IsFailed && !history.IsExcused(one.Record)),
            Hung = verdicts.Count(one => one.Verdict.IsHung),
            Lost = verdicts.Sum(one => one.Verdict.Tokens.Lost),
            Doubled = verdicts.Sum(one => one.Verdict.Tokens.Doubled),
            Foreign = verdicts.Sum(one => one.Verdict.Tokens.Foreign),
            Stale = verdicts.Sum(one => one.Verdict.Stale),
            Oddities = verdicts.SelectMany(one => one.Verdict.Oddities).GroupBy(text => text).ToDictionary(group => group.Key, group => group.Count()),
            DetectMs = Most(history.Strikes.Select(strike => (double?)Detect(history, strike))),
            Struck = gaps.Count,
            GapMsP99 = Percentile.P99(gaps),
            RecoverMs = Most(history.Strikes.Select(strike => Recover(history, strike))),
            HeldMs = Most(history.Strikes.SelectMany(strike => Held(history, strike))),
            Moved = history.Strikes.Sum(strike => Ended(history, strike).Count()),
            SchedulableMs = Most(history.Strikes.Select(strike => Schedulable(history, strike))),
            OthersTtftRatio = OthersTtft(history),
            TtftMsP99Before = history.Strikes.Count > 0 ? TtftMsP99(history, TimeSpan.Zero, history.Strikes[0].At) : null,
            TtftMsP99After = history.Strikes.Count > 0 ? TtftMsP99(history, history.Strikes[0].At, TimeSpan.MaxValue) : null,
        };
    }

    private static double Detect(DrillHistory history, Strike strike) =>
        history.AttemptsOn(strike)
            .Select(one => one.Record.SentAt + TimeSpan.FromMilliseconds(one.Attempt.BoundMs))
            .Where(bound => bound > strike.At && !(bound > strike.HealedAt))
            .Select(bound => (bound - strike.At).TotalMilliseconds)
            .DefaultIfEmpty(0)
            .Max();

    private static IEnumerable<double> Gaps(DrillHistory history, Strike strike)
    {
        foreach (var record in history.Records.Where(record => record.Plan.Streams && record.IsUnderWayAt(strike.At)))
        {
            var events = record.Events;
            var last = -1;
            while (last + 1 < events.Count && events[last + 1].At <= strike.At)
            {
                last++;
            }

            // A prefill instance makes no events: the streams of its pool are to flow on.
            var isStruck = last >= 0 && (strike.IsPrefill ? record.Plan.Pool == strike.Pool : events[last].Source?.Incarnation == strike.Incarnation);
            if (isStruck && last + 1 < events.Count)
            {
                yield return Enumerable.Range(last, events.Count - last - 1).Max(i => (events[i + 1].At - events[i].At).TotalMilliseconds);
            }
        }
    }

    /// <summary>The attempts that the fault ended: under way when it came, or bound later and in vain.</summary>
    private static IEnumerable<(RequestRecord Record, TimeSpan BoundAt, TimeSpan EndedAt)> Ended(DrillHistory history, Strike strike) =>
        from one in history.AttemptsOn(strike)
        where one.Attempt is { EndedMs: not null, Cause: not (null or "completed") } && one.Record.End != RecordedEnd.Left
        let boundAt = one.Record.SentAt + TimeSpan.FromMilliseconds(one.Attempt.BoundMs)
        let endedAt = one.Record.SentAt + TimeSpan.FromMilliseconds(one.Attempt.EndedMs!.Value)
        where endedAt >= strike.At
        select (one.Record, boundAt, endedAt);

    private static IEnumerable<double?> Held(DrillHistory history, Strike strike) =>
        Ended(history, strike).Select(one => (double?)(one.EndedAt - Later(strike.At, one.BoundAt)).TotalMilliseconds).Concat(
            from one in history.AttemptsOn(strike)
            let boundAt = one.Record.SentAt + TimeSpan.FromMilliseconds(one.Attempt.BoundMs)
            where !strike.IsPrefill && one.Record.Plan.Streams && one.Attempt.Cause is null or "completed" && boundAt < strike.HealedAt
            let events = one.Record.Events
            where events.Count > 0 && events[0].At > strike.HealedAt
            select (double?)(strike.HealedAt!.Value - Later(strike.At, boundAt)).TotalMilliseconds);

    private static double? Recover(DrillHistory history, Strike strike) => Most(
        from one in Ended(history, strike)
        let next = one.Record.Plan.Streams
            ? one.Record.Events.Select(happened => (TimeSpan?)happened.At).FirstOrDefault(at => at >= one.EndedAt)
            : history.StoryOf(one.Record)?.Attempts.Select(attempt => (TimeSpan?)(one.Record.SentAt + TimeSpan.FromMilliseconds(attempt.BoundMs))).FirstOrDefault(at => at >= one.EndedAt)
        where next is not null
        select (double?)(next - strike.At).Value.TotalMilliseconds);

    private static double? Schedulable(DrillHistory history, Strike strike)
    {
        var later = history.Events.Where(one => one.Instance == strike.Instance && one.Pool == strike.Pool && one.Epoch > strike.Epoch).ToList();
        var active = later.FirstOrDefault(one => one is { What: "liveness", To: "Active" });
        return active is null ? null : (active.At - later.First(one => one.Epoch == active.Epoch).At).TotalMilliseconds;
    }

    private static double? OthersTtft(DrillHistory history)
    {
        if (history.Strikes.Count == 0 || history.Records.Count == 0)
        {
            return null;
        }

        var first = history.Strikes[0].At;
        var after = Ttft(history.Records.Where(record => record.SentAt >= first + SlowSettles && history.StoryOf(record) is { Attempts: [.., var last] }
            && !history.Strikes.Any(strike => last.IsOn(strike.Instance, strike.Epoch))));
        return Percentile.P99(after) / TtftMsP99(history, TimeSpan.Zero, first);
    }

    /// <summary>p99 of the time to the first token of the streams that were sent then; not of the first eight seconds.</summary>
    public static double? TtftMsP99(DrillHistory history, TimeSpan from, TimeSpan until)
    {
        if (history.Records.Count == 0)
        {
            return null;
        }

        var start = Later(from, history.Records.Min(record => record.SentAt) + WarmUp);
        return Percentile.P99(Ttft(history.Records.Where(record => record.SentAt >= start && record.SentAt < until)));
    }

    private static IReadOnlyList<double> Ttft(IEnumerable<RequestRecord> records) =>
    [
        .. from record in records
           where record.Plan.Streams
           let events = record.Events
           where events.Count > 0
           select (events[0].At - record.SentAt).TotalMilliseconds,
    ];

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static double? Most(IEnumerable<double?> values) => values.Max();
}
