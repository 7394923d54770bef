using Krewe.Core.Time;

namespace Krewe.Core.Limits;

/// <summary>
/// A token bucket: so many units a minute flow in evenly, and at most a minute's worth is kept, so a caller that was quiet
/// may use a minute's units at once. Not thread-safe.
/// </summary>
public sealed class TokenBucket
{
    /// <summary>The deepest debt, in minutes' worth, once it is known what was used: what nobody could foresee is paid back for so long at most.</summary>
    public const int MaxDebtMinutes = 10;

    // Who comes when it was told to come is served.
    private const double Rounding = 1e-6;

    private double _perTick;
    private double _level;
    private Monotonic _at;

    /// <param name="perMinute">Units a minute, and the most that is kept. At least 1.</param>
    /// <param name="now">It begins full.</param>
    public TokenBucket(long perMinute, Monotonic now)
    {
        Flows(perMinute);
        _level = perMinute;
        _at = now;
    }

    /// <summary>Units a minute, and the most that is kept.</summary>
    public long PerMinute { get; private set; }

    /// <summary>From now on so many flow in, and are kept at most. What is missing from a full one stays what it was.</summary>
    /// <param name="perMinute">Units a minute, and the most that is kept. At least 1.</param>
    /// <param name="now">The time.</param>
    /// <param name="unsettled">Units that were taken and may still be given back: they are no debt yet.</param>
    public void Change(long perMinute, Monotonic now, double unsettled = 0)
    {
        Flow(now);
        var used = PerMinute - _level;
        Flows(perMinute);
        Set(perMinute - used, unsettled);
    }

    /// <summary>
    /// Takes units, all or none. What is larger than the bucket is given when the bucket is full, and leaves a debt, since
    /// it could never be had otherwise.
    /// </summary>
    /// <param name="units">At least 0.</param>
    /// <param name="now">The time.</param>
    /// <param name="wait">How long until it could be had, if nobody else takes any; zero if it was.</param>
    public bool TryTake(double units, Monotonic now, out TimeSpan wait)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        Flow(now);
        var needed = Math.Min(units, PerMinute);
        if (_level >= needed - Rounding)
        {
            _level -= units;
            wait = TimeSpan.Zero;
            return true;
        }

        wait = TimeUntil(needed);
        return false;
    }

    /// <summary>Gives back what was taken and not used; less than 0 takes what was used beyond it, be it there or not.</summary>
    /// <param name="units">How many.</param>
    /// <param name="now">The time.</param>
    /// <param name="unsettled">Units that others took and may still give back: they are no debt yet.</param>
    public void Return(double units, Monotonic now, double unsettled = 0)
    {
        Flow(now);
        Set(_level + units, unsettled);
    }

    /// <summary>Whole units that may be taken now.</summary>
    public long Remaining(Monotonic now)
    {
        Flow(now);
        return Math.Max(0, (long)_level);
    }

    /// <summary>How long until it is full, if nobody takes any.</summary>
    public TimeSpan UntilFull(Monotonic now)
    {
        Flow(now);
        return TimeUntil(PerMinute);
    }

    private void Flows(long perMinute)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perMinute, 1);
        PerMinute = perMinute;
        _perTick = perMinute / (double)TimeSpan.TicksPerMinute;
    }

    private void Set(double level, double unsettled) => _level = Math.Clamp(level, -((double)PerMinute * MaxDebtMinutes) - unsettled, PerMinute);

    private TimeSpan TimeUntil(double level) => TimeSpan.FromTicks((long)Math.Ceiling(Math.Max(0, level - _level) / _perTick));

    private void Flow(Monotonic now)
    {
        // Callers read the clock before they come here, so a later one may have been here first.
        if (now > _at)
        {
            _level = Math.Min(PerMinute, _level + ((now - _at).Ticks * _perTick));
            _at = now;
        }
    }
}
