using System.Diagnostics.Metrics;

namespace Krewe.Gateway.Metrics;

/// <summary>The buckets of a histogram whose instrument names none.</summary>
internal static class HistogramBuckets
{
    /// <summary>Seconds: from a routing decision to a long answer.</summary>
    public static readonly double[] Seconds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];

    /// <summary>Anything else: counts and sizes.</summary>
    public static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000];

    /// <summary>The instrument's own advice where it gives any that rises, else by its unit.</summary>
    public static double[] Of(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var advised = instrument switch
        {
            Histogram<double> histogram => Rising(histogram.Advice?.HistogramBucketBoundaries),
            Histogram<long> histogram => Rising(histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound)),
            Histogram<int> histogram => Rising(histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound)),
            _ => null,
        };
        return advised ?? (instrument.Unit == "s" ? Seconds : Counts);
    }

    private static double[]? Rising(IEnumerable<double>? bounds)
    {
        double[] all = [.. (bounds ?? []).Where(double.IsFinite).Distinct().Order()];
        return all.Length > 0 ? all : null;
    }
}
