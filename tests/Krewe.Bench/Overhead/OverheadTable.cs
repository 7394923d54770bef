using System.Globalization;

namespace Krewe.Bench.Overhead;

/// <summary>The result for people.</summary>
internal static class OverheadTable
{
    public static void Print(OverheadReport report, TextWriter to)
    {
        to.WriteLine($"{"target",-8} {"conns",6} {"req/s",10} {"added p50 ms",13} {"added p99 ms",13} {"CPU µs/req",11}");
        foreach (var row in report.Rows)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Target,-8} {row.Connections,6} {row.RequestsPerSecond,10:F0} {row.AddedP50Ms,13:F2} {row.AddedP99Ms,13:F2} {row.CpuUsPerRequest,11:F1}"));
        }

        to.WriteLine();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"host {report.Host}, silos {report.Silos}; CPU µs per request: bare {report.CpuUsPerRequest.Bare:F1}, mixed {report.CpuUsPerRequest.Mixed:F1} (x{report.Ratio.Mixed:F2}), prefill/decode {report.CpuUsPerRequest.Pd:F1} (x{report.Ratio.Pd:F2})"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"CPU µs per streamed event: bare {report.CpuUsPerEvent.Bare:F2}, mixed {report.CpuUsPerEvent.Mixed:F2} (x{report.Ratio.Event:F2}), prefill/decode {report.CpuUsPerEvent.Pd:F2}"));
        foreach (var (target, grains) in report.Grains ?? new Dictionary<string, OverheadReport.GrainCosts>())
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"per request, {target}: {grains.MessagesPerRequest:F2} messages between grains, {grains.ActivationsPerRequest:F3} new grains"));
        }

        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"added p99 at half of the top rate: {report.AddedP99Ms:F2} ms (bare, at the same rate: {report.BareAddedP99Ms:F2} ms); errors {report.Errors}"));
    }
}
