namespace Krewe.Gateway.Metrics;

/// <summary>A counter, or an up-down counter.</summary>
internal sealed class SumSeries(string labels, bool isMonotonic) : Series(labels)
{
    private readonly StripedSum _sum = new();

    public double Value => _sum.Value;

    public override void Record(double value)
    {
        // One NaN, or one step back of a counter, would spoil the sum for good.
        if (double.IsFinite(value) && !(isMonotonic && value < 0))
        {
            _sum.Add(value);
        }
    }
}
