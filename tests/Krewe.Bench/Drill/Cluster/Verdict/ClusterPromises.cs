namespace Krewe.Bench.Drill.Cluster.Verdict;

/// <summary>What a drill of a cluster has to hold (design.md 10). Null: nothing of the kind is promised.</summary>
internal sealed record ClusterPromises
{
    /// <summary>Nobody is taken away by force: nothing fails.</summary>
    public static ClusterPromises Whole { get; } = new();

    /// <summary>A silo goes without a word: what ran on it goes with it, what comes 3 s later is served.</summary>
    public static ClusterPromises SiloLost { get; } = new() { NewShare = 0.999 };

    /// <summary>Least share of the requests sent 3 s after the fault or later that are answered whole.</summary>
    public double NewShare { get; init; } = 1;

    /// <summary>Fault, or its end, to a cluster that is whole again.</summary>
    public double? RecoverMs { get; init; }

    /// <summary>The broken ones, in words.</summary>
    /// <param name="figures">The drill's.</param>
    /// <param name="recoverMs">As the scenario measured it.</param>
    public IEnumerable<string> Broken(ClusterFigures figures, double? recoverMs)
    {
        foreach (var (count, what) in new[]
        {
            (figures.Hung, "requests hung"), (figures.Lost, "tokens lost"), (figures.Doubled, "tokens doubled"), (figures.Stale, "stale tokens"), (figures.Foreign, "foreign tokens"),
        })
        {
            if (count > 0)
            {
                yield return $"{count} {what}";
            }
        }

        // Those that ran on the silos that stayed are promised nothing less than before.
        if (figures.Failed > 0)
        {
            yield return FormattableString.Invariant($"{figures.Failed} requests failed that did not go with their silo, the last {figures.LastFailureMs:F0} ms after the fault");
        }

        foreach (var (oddity, count) in figures.Oddities)
        {
            yield return $"{count} requests with {oddity}";
        }

        if (figures.NewShare < NewShare)
        {
            yield return FormattableString.Invariant($"of {figures.New} new requests {figures.NewFailed} failed, promised are {NewShare:P1}");
        }

        if (figures.Evicted.Count > 0)
        {
            yield return $"healthy silos were taken for gone: {string.Join(", ", figures.Evicted)}";
        }

        if (RecoverMs is { } limit && !(recoverMs <= limit))
        {
            yield return FormattableString.Invariant($"recoverMs {recoverMs?.ToString("F0", System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}, promised {limit}");
        }
    }
}
