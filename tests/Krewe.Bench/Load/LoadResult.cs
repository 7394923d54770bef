namespace Krewe.Bench.Load;

/// <summary>What a run of load saw.</summary>
/// <param name="Requests">Requests answered with 200, whole.</param>
/// <param name="Errors">The others.</param>
/// <param name="Events">Streamed events.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="LatenciesMs">Of each request, sorted.</param>
internal sealed record LoadResult(long Requests, long Errors, long Events, double Seconds, double[] LatenciesMs)
{
    public double PerSecond => Requests / Seconds;

    public double Percentile(double share) =>
        LatenciesMs.Length == 0 ? double.NaN : LatenciesMs[Math.Min(LatenciesMs.Length - 1, (int)(LatenciesMs.Length * share))];
}
