namespace Krewe.Testing;

/// <summary>
/// A clock that moves only when told. Due timers fire on the thread that advances it, in order of their due time (ties:
/// in the order they were armed), each at exactly its due time; timers armed by a callback fire in the same advance
/// where they are due. A timer armed with no delay fires at the next advance, of <see cref="TimeSpan.Zero"/> too.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    /// <summary>Timestamps run at a frequency and from an origin of their own, so that code that takes them for ticks of 100 ns is found out. A whole multiple of the ticks, so that conversions are exact.</summary>
    private const long StampsPerTick = 3;

    private const long StampOrigin = 7_000_000_001 * StampsPerTick;

    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _armed = new(ManualTimer.ByDue);
    private readonly DateTimeOffset _start;
    private long _elapsedTicks;
    private long _nextSequence = 1;

    public ManualTimeProvider()
        : this(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero))
    {
    }

    public ManualTimeProvider(DateTimeOffset start) => _start = start;

    public override long TimestampFrequency => StampsPerTick * TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How far the clock was advanced in all.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_gate)
            {
                return TimeSpan.FromTicks(_elapsedTicks);
            }
        }
    }

    /// <summary>Timers that are armed. Tests wait for it before they advance past a timer that other threads arm.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    /// <summary>Time until the next timer is due; null where none is armed.</summary>
    public TimeSpan? NextTimerIn
    {
        get
        {
            lock (_gate)
            {
                return _armed.Min is { } first ? TimeSpan.FromTicks(Math.Max(0, first.DueTicks - _elapsedTicks)) : null;
            }
        }
    }

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    public override long GetTimestamp() => StampOrigin + (Elapsed.Ticks * StampsPerTick);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, firing what falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_gate)
        {
            target = _elapsedTicks + by.Ticks;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>Moves the clock to the next timer and fires it, with all that are due at the same time.</summary>
    /// <returns>False where no timer is armed.</returns>
    public bool AdvanceToNextTimer()
    {
        if (NextTimerIn is not { } next)
        {
            return false;
        }

        Advance(next);
        return true;
    }

    internal void Arm(ManualTimer timer, long? dueInTicks, long periodTicks)
    {
        lock (_gate)
        {
            _armed.Remove(timer);
            timer.PeriodTicks = periodTicks;
            if (dueInTicks is { } ticks)
            {
                timer.DueTicks = _elapsedTicks + ticks;
                timer.Sequence = _nextSequence++;
                _armed.Add(timer);
            }
        }
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            if (_armed.Min is not { } first || first.DueTicks > target)
            {
                _elapsedTicks = Math.Max(_elapsedTicks, target);
                return null;
            }

            _armed.Remove(first);
            _elapsedTicks = Math.Max(_elapsedTicks, first.DueTicks);
            if (first.PeriodTicks > 0)
            {
                first.DueTicks = _elapsedTicks + first.PeriodTicks;
                first.Sequence = _nextSequence++;
                _armed.Add(first);
            }

            return first;
        }
    }
}
