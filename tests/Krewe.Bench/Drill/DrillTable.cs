using System.Globalization;

namespace Krewe.Bench.Drill;

/// <summary>The result for people.</summary>
internal static class DrillTable
{
    public static void PrintHead(TextWriter to) =>
        to.WriteLine($"{"scenario",-40} {"requests",8} {"inflight",8} {"failed",6} {"hung",5} {"lost",5} {"doubled",7} {"stale",5} {"detectMs",8} {"gapMsP99",8} {"heldMs",7} {"recoverMs",9} {"schedMs",7} {"verified",8} result");

    public static void Print(ScenarioResult one, TextWriter to)
    {
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Name,-40} {one.Requests,8} {one.InFlight,8} {one.Failed,6} {one.Hung,5} {one.Lost,5} {one.Doubled,7} {one.Stale,5} {Ms(one.DetectMs),8} {Ms(one.GapMsP99),8} {Ms(one.HeldMs),7} {Ms(one.RecoverMs),9} {Ms(one.SchedulableMs),7} {(one.Verified ? "yes" : "NO"),8} {(one.Skipped is not null ? "skipped" : one.Pass ? "pass" : "FAIL")}"));
        foreach (var (name, value) in one.Measures)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {name} {value:0.##}"));
        }

        foreach (var why in one.Why)
        {
            to.WriteLine($"    {why}");
        }
    }

    private static string Ms(double? value) => value is { } ms ? ms.ToString("F0", CultureInfo.InvariantCulture) : "-";
}
