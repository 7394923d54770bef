namespace Krewe.Bench.Drill.Verdict;

/// <summary>Percentiles by nearest rank: of few values the highest.</summary>
internal static class Percentile
{
    public static double? P99(IReadOnlyCollection<double> values) =>
        values.Count == 0 ? null : values.Order().ElementAt((int)Math.Ceiling(0.99 * values.Count) - 1);
}
