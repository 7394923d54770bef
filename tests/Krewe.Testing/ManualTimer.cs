namespace Krewe.Testing;

/// <summary>A timer of <see cref="ManualTimeProvider"/>; its fields are guarded by that clock's lock.</summary>
internal sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
{
    private volatile bool _isDisposed;

    public static IComparer<ManualTimer> ByDue { get; } = Comparer<ManualTimer>.Create(static (a, b) =>
        a.DueTicks != b.DueTicks ? a.DueTicks.CompareTo(b.DueTicks) : a.Sequence.CompareTo(b.Sequence));

    public long DueTicks { get; set; }

    /// <summary>0: fires once.</summary>
    public long PeriodTicks { get; set; }

    public long Sequence { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_isDisposed)
        {
            return false;
        }

        clock.Arm(this, dueTime == Timeout.InfiniteTimeSpan ? null : dueTime.Ticks, period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks);
        return true;
    }

    public void Fire()
    {
        if (!_isDisposed)
        {
            callback(state);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        clock.Arm(this, null, 0);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
