using Krewe.Gateway.Metrics;

namespace Krewe.Gateway.Console.Figures;

/// <summary>What histograms of the same buckets have counted together.</summary>
/// <param name="Bounds">Upper bounds, rising; a last bucket without bound follows.</param>
/// <param name="Counts">Per bucket, each with those below it.</param>
internal sealed record Buckets(double[] Bounds, long[] Counts)
{
    /// <summary>Null where there is no histogram.</summary>
    public static Buckets? Of(IEnumerable<Series> all)
    {
        Buckets? sum = null;
        foreach (var series in all.OfType<HistogramSeries>())
        {
            var counts = series.Cumulative();
            sum ??= new Buckets(series.Bounds, new long[counts.Length]);
            for (var i = 0; i < counts.Length; i++)
            {
                sum.Counts[i] += counts[i];
            }
        }

        return sum;
    }
}
