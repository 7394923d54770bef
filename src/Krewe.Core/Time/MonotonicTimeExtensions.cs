namespace Krewe.Core.Time;

/// <summary>Reads the monotonic side of a <see cref="TimeProvider"/>.</summary>
public static class MonotonicTimeExtensions
{
    public static Monotonic GetMonotonic(this TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var stamp = time.GetTimestamp();
        return time.TimestampFrequency == TimeSpan.TicksPerSecond
            ? new Monotonic(stamp)
            : new Monotonic((long)((Int128)stamp * TimeSpan.TicksPerSecond / time.TimestampFrequency));
    }
}
