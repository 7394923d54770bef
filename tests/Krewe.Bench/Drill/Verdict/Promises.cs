namespace Krewe.Bench.Drill.Verdict;

/// <summary>What a scenario has to hold beside what every scenario has to: design.md 10 and issue 3. Times in milliseconds; null: nothing is promised.</summary>
internal sealed record Promises
{
    /// <summary>A killed engine.</summary>
    public static Promises Kill { get; } = new() { DetectMs = 1000, GapMs = 600 };

    /// <summary>A stopped engine.</summary>
    public static Promises Stop { get; } = new() { DetectMs = 4000, GapMs = 6000, HeldMs = 6000 };

    /// <summary>One left per role: no request fails.</summary>
    public static Promises Whole { get; } = new();

    public double? DetectMs { get; init; }

    public double? GapMs { get; init; }

    /// <summary>The same for requests that have no token yet, or do not stream: they do not wait on it for longer either.</summary>
    public double? HeldMs { get; init; }

    /// <summary>From an instance's first accepted registration.</summary>
    public double? SchedulableMs { get; init; }

    public double? OthersTtftRatio { get; init; }

    /// <summary>What runs on the instance goes on there to its end.</summary>
    public bool NothingMoves { get; init; }

    /// <summary>The broken ones, in words.</summary>
    public IEnumerable<string> Broken(ScenarioFigures figures)
    {
        foreach (var (count, what) in new[]
        {
            (figures.FailedWithoutExcuse, "requests failed"), (figures.Hung, "requests hung"), (figures.Lost, "tokens lost"), (figures.Doubled, "tokens doubled"),
            (figures.Stale, "stale tokens"), (figures.Foreign, "foreign tokens"),
        })
        {
            if (count > 0)
            {
                yield return $"{count} {what}";
            }
        }

        foreach (var (oddity, count) in figures.Oddities)
        {
            yield return $"{count} requests with {oddity}";
        }

        foreach (var (name, value, limit) in new[]
        {
            ("detectMs", figures.DetectMs, DetectMs), ("gapMsP99", figures.GapMsP99, GapMs), ("heldMs", figures.HeldMs, HeldMs),
            ("schedulableMs", figures.SchedulableMs, SchedulableMs),
            ("othersTtftRatio", figures.OthersTtftRatio, OthersTtftRatio),
        })
        {
            // Where no stream ran, or no attempt was ended, nothing was kept waiting.
            var mayBeNull = name is "gapMsP99" or "heldMs";
            if (limit is not null && !(value <= limit) && !(mayBeNull && value is null))
            {
                yield return FormattableString.Invariant($"{name} {value?.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}, promised {limit}");
            }
        }

        if (NothingMoves && figures.Moved > 0)
        {
            yield return $"{figures.Moved} attempts ended that were to go on";
        }
    }
}
