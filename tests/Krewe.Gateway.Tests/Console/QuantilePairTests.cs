using Krewe.Gateway.Console.Figures;

namespace Krewe.Gateway.Tests.Console;

public sealed class QuantilePairTests
{
    private static readonly double[] Bounds = [0.1, 0.2, 0.4];

    [Fact]
    public void Nothing_counted_since_has_no_quantile() =>
        Assert.Null(QuantilePair.Between(Bounds, [1, 2, 3, 4], [1, 2, 3, 4]));

    [Fact]
    public void A_quantile_lies_within_its_bucket_as_far_as_its_rank_does()
    {
        // Ten in (0.1, 0.2], ten in (0.2, 0.4], of what came since.
        var pair = QuantilePair.Between(Bounds, [5, 5, 5, 5], [5, 15, 25, 25])!;

        Assert.Equal((0.2, 20), (Math.Round(pair.P50, 9), pair.Count));
        Assert.Equal(0.2 + (0.2 * 9.8 / 10), pair.P99, 9);
    }

    [Fact]
    public void What_is_beyond_the_last_bound_counts_as_that_bound() =>
        Assert.Equal(0.4, QuantilePair.Between(Bounds, [0, 0, 0, 0], [0, 0, 0, 3])!.P99);
}
