using Krewe.Core.Randomness;

namespace Krewe.Core.Retry;

/// <summary>
/// Exponential backoff with full jitter: after the n-th failure the wait is drawn evenly from
/// 0 to min(<see cref="Max"/>, <see cref="Initial"/> × 2^(n-1)).
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
/// </summary>
public sealed record BackoffPolicy
{
    /// <param name="initial">The first wait's upper bound; above zero.</param>
    /// <param name="max">The upper bound of every wait; at least <paramref name="initial"/>.</param>
    public BackoffPolicy(TimeSpan initial, TimeSpan max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(initial, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, initial);
        Initial = initial;
        Max = max;
    }

    /// <summary>20 ms, up to 2 s.</summary>
    public static BackoffPolicy Default { get; } = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2));

    public TimeSpan Initial { get; }

    public TimeSpan Max { get; }

    /// <summary>The longest wait that can be drawn after the failure of attempt <paramref name="attempt"/>, counted from 1.</summary>
    public TimeSpan Ceiling(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);

        // Halving Max instead of doubling Initial: nothing can leave 64 bits.
        var doublings = attempt - 1;
        return doublings >= 63 || Initial.Ticks > (Max.Ticks >> doublings)
            ? Max
            : TimeSpan.FromTicks(Initial.Ticks << doublings);
    }

    /// <summary>The wait after the failure of attempt <paramref name="attempt"/>, counted from 1: at least 0, below its <see cref="Ceiling"/>.</summary>
    public TimeSpan Delay(int attempt, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return TimeSpan.FromTicks((long)(Ceiling(attempt).Ticks * random.NextDouble()));
    }
}
