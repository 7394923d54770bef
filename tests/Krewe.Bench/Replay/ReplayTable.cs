using System.Globalization;

namespace Krewe.Bench.Replay;

/// <summary>The result for people.</summary>
internal static class ReplayTable
{
    public static void Print(ReplayReport report, TextWriter to)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Requests} requests; {report.Fleet}; one cache of the fleet's total size hits {report.IdealHitRate:P2}"));
        to.WriteLine();
        to.WriteLine($"{"policy",-14} {"silos",5} {"hits",7} {"of ideal",8} {"TTFT p50",9} {"p90",8} {"p99 ms",8} {"ITL p50",8} {"p99 ms",7} {"E2E p50",8} {"p99 ms",8} {"goodput/s",9} {"in SLO",7} {"queued",6} {"imbal.",6} {"µs p50",6} {"p99",6}");
        foreach (var row in report.Policies)
        {
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Name,-14} {row.Silos,5} {row.HitRate,7:P2} {row.OfIdeal,8:P1} {row.TtftMs.P50,9:F0} {row.TtftMs.P90,8:F0} {row.TtftMs.P99,8:F0} {row.ItlMs.P50,8:F1} {row.ItlMs.P99,7:F1} {row.E2eMs.P50,8:F0} {row.E2eMs.P99,8:F0} {row.Goodput,9:F2} {row.WithinSlo,7:P1} {row.Queued,6} {row.Imbalance,6:F2} {row.DecisionUs.P50,6:F1} {row.DecisionUs.P99,6:F1}"));
        }

        foreach (var skew in report.Skew ?? [])
        {
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"skew {skew.Name}, {skew.Silos} silos against one, {skew.Draws} time(s): hits {skew.HitRate:+0.00%;-0.00%}, TTFT p50 {skew.TtftP50:+0.0%;-0.0%}, p90 {skew.TtftP90:+0.0%;-0.0%}, load {skew.Load:P2}{(skew.LoadNoise is { } noise ? $" (one silo against itself {noise:P2})" : "")}; decisions that would be others with all known {skew.Decisions:P2} (loads not heard of {skew.DecisionsByViews:P2}, prompts not heard of {skew.DecisionsByPrefixes:P2}), of the load {skew.LoadDecided:P2}, at a cost of {skew.Regret:P2}; cached tokens misjudged {skew.CachedTokens:P2}"));
        }
    }
}
