using Krewe.Core.Time;
using Krewe.Fleet.Ports;

namespace Krewe.Orleans.Turns;

/// <summary>
/// A one-shot timer over a grain timer. A tick is queued like a call, and may run after the timer was moved or cancelled;
/// and a move made between a tick's queueing and its run is overridden when that tick ends. So the tick asks what
/// is due by now: nothing if cancelled, and if moved it arms the grain timer anew. All in turns of the grain.
/// </summary>
internal sealed class GrainTurnTimer : ITurnTimer
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly IGrainTimer _timer;
    private readonly TimeProvider _time;
    private readonly Action _onFire;
    private Monotonic? _due;
    private bool _disposed;

    public GrainTurnTimer(IGrainBase grain, TimeProvider time, Action onFire)
    {
        _time = time;
        _onFire = onFire;
        _timer = grain.RegisterGrainTimer(
            static (self, _) =>
            {
                self.Tick();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
    }

    public void Schedule(TimeSpan due)
    {
        if (!_disposed)
        {
            _due = _time.GetMonotonic() + (due > TimeSpan.Zero ? due : TimeSpan.Zero);
            Arm(due);
        }
    }

    public void Cancel()
    {
        _due = null;
        if (!_disposed)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _due = null;
        if (!_disposed)
        {
            _disposed = true;
            _timer.Dispose();
        }
    }

    private void Tick()
    {
        if (_due is not { } due)
        {
            return;
        }

        // The runtime's timers count whole milliseconds of a coarser clock: one may come a little early.
        var left = due - _time.GetMonotonic();
        if (left >= Shortest)
        {
            Arm(left);
            return;
        }

        _due = null;
        _onFire();
    }

    private void Arm(TimeSpan due) =>
        _timer.Change(due > Shortest ? due : Shortest, Timeout.InfiniteTimeSpan);
}
