namespace Krewe.Gateway.Metrics;

/// <summary>The last value told.</summary>
internal sealed class GaugeSeries(string labels) : Series(labels)
{
    private double _value;

    public double Value => Volatile.Read(ref _value);

    public override void Record(double value) => Volatile.Write(ref _value, value);
}
