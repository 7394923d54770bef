namespace Krewe.Simulation.Running;

/// <summary>A timer on virtual time. Those of a silo do not fire while it stands still, and never again once it is gone.</summary>
internal sealed class SimTimer(SimulationClock clock, TimerCallback callback, object? state, SiloGate? gate) : ITimer
{
    private TimeSpan _period;
    private int _arming;
    private bool _isDisposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        clock.CheckThread();
        if (_isDisposed)
        {
            return false;
        }

        _arming++;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Arm(dueTime);
        }

        return true;
    }

    public void Dispose()
    {
        _isDisposed = true;
        _arming++;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Arm(TimeSpan due)
    {
        var arming = _arming;
        clock.After(due, self => ((SimTimer)self!).Fire(arming), this);
    }

    private void Fire(int arming)
    {
        if (arming != _arming || gate is { IsGone: true })
        {
            return;
        }

        if (gate is not null && gate.StillFor(clock) is var still && still > TimeSpan.Zero)
        {
            Arm(still);
            return;
        }

        if (_period > TimeSpan.Zero)
        {
            Arm(_period);
        }

        callback(state);
    }
}
