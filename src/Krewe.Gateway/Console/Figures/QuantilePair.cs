namespace Krewe.Gateway.Console.Figures;

/// <summary>Two quantiles of what a histogram counted, in seconds.</summary>
/// <param name="P50">The median.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="Count">Of how many.</param>
internal sealed record QuantilePair(double P50, double P99, long Count)
{
    /// <summary>Of what was counted since <paramref name="before"/>; null where nothing was.</summary>
    /// <param name="bounds">Upper bounds of the buckets, rising; a last one without bound follows.</param>
    /// <param name="before">Counts per bucket with those below it.</param>
    /// <param name="now">The same, later.</param>
    public static QuantilePair? Between(double[] bounds, long[] before, long[] now)
    {
        var count = now[^1] - before[^1];
        return count <= 0 ? null : new QuantilePair(At(0.5), At(0.99), count);

        // As Prometheus' histogram_quantile has it: evenly spread within a bucket; what is in the last one, at its lower bound.
        double At(double quantile)
        {
            var rank = quantile * count;
            for (var i = 0; i < bounds.Length; i++)
            {
                double reached = now[i] - before[i];
                if (reached < rank)
                {
                    continue;
                }

                double below = i == 0 ? 0 : now[i - 1] - before[i - 1];
                var from = i == 0 ? 0 : bounds[i - 1];
                return reached > below ? from + ((bounds[i] - from) * (rank - below) / (reached - below)) : bounds[i];
            }

            return bounds[^1];
        }
    }
}
