using Krewe.Core.Time;

namespace Krewe.Core.Retry;

/// <summary>The point, on this silo's monotonic clock, at which a request's time is over. It holds end to end, over all attempts.</summary>
public readonly record struct Deadline(Monotonic At)
{
    public static Deadline In(TimeSpan span, Monotonic now) => new(now + span);

    public static Deadline Min(Deadline left, Deadline right) => left.At <= right.At ? left : right;

    /// <summary>What is left of it; zero when it is over, never negative.</summary>
    public TimeSpan Remaining(Monotonic now) => IsOver(now) ? TimeSpan.Zero : At - now;

    public bool IsOver(Monotonic now) => now >= At;
}
