using Krewe.Bench.Drill.Record;

namespace Krewe.Bench.Drill.Verdict;

/// <summary>What is wrong with one request, by what its client saw.</summary>
internal sealed record RequestVerdict
{
    /// <summary>It was answered with less than was asked for. Not where the drill left it, nor where it hangs.</summary>
    public required bool IsFailed { get; init; }

    public required bool IsHung { get; init; }

    public required TokenCheck Tokens { get; init; }

    /// <summary>Tokens of a life or an attempt that another had taken the place of.</summary>
    public required int Stale { get; init; }

    /// <summary>Other promises of the protocol that it breaks.</summary>
    public required IReadOnlyList<string> Oddities { get; init; }

    public bool IsGood => !IsFailed && !IsHung && Tokens == default && Stale == 0 && Oddities.Count == 0;

    public static RequestVerdict Of(RequestRecord record)
    {
        var isWhole = record.End == RecordedEnd.Completed;
        var oddities = new List<string>(record.Oddities);
        if (isWhole)
        {
            Complete(record, oddities);
        }
        else if (record.IsDone)
        {
            oddities.Add("a [DONE], and then a broken connection");
        }

        if (record.HasErrorEvent && record.IsDone)
        {
            oddities.Add("[DONE] after an error event");
        }

        if (record.End == RecordedEnd.Truncated)
        {
            oddities.Add("a stream that ends as if it were whole");
        }

        if (record.End == RecordedEnd.Cut && !record.HasErrorEvent)
        {
            oddities.Add(record.Plan.Streams ? "a cut without an error event" : "a cut instead of a status");
        }

        if (record.End == RecordedEnd.Unreachable)
        {
            oddities.Add("no answer at all");
        }

        return new RequestVerdict
        {
            IsFailed = !isWhole && record.End is not (RecordedEnd.Hung or RecordedEnd.Left),
            IsHung = record.End is RecordedEnd.Hung or RecordedEnd.Running,
            Tokens = TokenCheck.Of(record.Text, record.Plan.Seed, record.Plan.TextTokens, isWhole),
            Stale = StaleTokens(record.Events),
            Oddities = oddities,
        };
    }

    private static void Complete(RequestRecord record, List<string> oddities)
    {
        var plan = record.Plan;
        if (record.Finish != plan.Finish)
        {
            oddities.Add($"finish_reason {record.Finish ?? "null"} instead of {plan.Finish}");
        }

        var tellsUsage = !plan.Streams || plan.WantsUsage;
        if (tellsUsage && record.UsageTokens != plan.Tokens)
        {
            oddities.Add(record.UsageTokens is null ? "no usage" : "a usage that is not what was delivered");
        }
        else if (!tellsUsage && record.UsageTokens is not null)
        {
            oddities.Add("a usage that nobody asked for");
        }

        if (plan.IsChat && record.Roles != 1)
        {
            oddities.Add(record.Roles == 0 ? "no role" : "a second role");
        }
    }

    /// <summary>Once another source has spoken, an earlier one is to be silent for good.</summary>
    private static int StaleTokens(IReadOnlyList<StreamEvent> events)
    {
        var replaced = new HashSet<ChunkSource>();
        ChunkSource? current = null;
        var stale = 0;
        foreach (var one in events)
        {
            if (one.Source is null || one.Source == current)
            {
                continue;
            }

            if (replaced.Contains(one.Source))
            {
                stale += Math.Max(1, one.Tokens);
                continue;
            }

            if (current is not null)
            {
                replaced.Add(current);
            }

            current = one.Source;
        }

        return stale;
    }
}
