using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Reservations;

namespace Krewe.Gateway.Serving;

/// <summary>
/// Cuts an attempt short for the first of: the client has gone, the deadline is over, the engine has been silent for too
/// long, its epoch is lost, this silo shuts down; and remembers which. One timer for both times, however many events.
/// </summary>
internal sealed class AttemptWatch : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TimeProvider _time;
    private readonly Deadline _deadline;
    private readonly TimeSpan _idleLimit;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _clientGone;
    private readonly CancellationTokenRegistration _epochLost;
    private readonly CancellationTokenRegistration _draining;
    private readonly Lock _gate = new();
    private long _heardTicks = long.MaxValue;
    private int _stop;
    private CancellationTokenSource? _over;
    private bool _isOver;

    public AttemptWatch(TimeProvider time, Deadline deadline, TimeSpan idleLimit, CancellationToken clientGone, CancellationToken epochLost, CancellationToken draining)
    {
        _time = time;
        _deadline = deadline;
        _idleLimit = idleLimit;
        _timer = time.CreateTimer(static self => ((AttemptWatch)self!).OnTimer(), this, Milliseconds(deadline.Remaining(time.GetMonotonic())), Timeout.InfiniteTimeSpan);
        _clientGone = clientGone.UnsafeRegister(static self => ((AttemptWatch)self!).Stop(AttemptStop.ClientGone), this);
        _epochLost = epochLost.UnsafeRegister(static self => ((AttemptWatch)self!).Stop(AttemptStop.EpochLost), this);
        _draining = draining.UnsafeRegister(static self => ((AttemptWatch)self!).Stop(AttemptStop.SiloDraining), this);
    }

    /// <summary>Where the fleet looks whether tokens come.</summary>
    public AttemptPulse? Pulse { get; init; }

    public CancellationToken Token => _source.Token;

    public AttemptStop Stopped => (AttemptStop)Volatile.Read(ref _stop);

    /// <summary>The engine was heard: from here on its silence counts.</summary>
    public void Heard()
    {
        var first = Volatile.Read(ref _heardTicks) == long.MaxValue;
        var now = _time.GetMonotonic();
        Volatile.Write(ref _heardTicks, now.Ticks);
        Pulse?.Heard(now);
        if (first)
        {
            Rearm();
        }
    }

    /// <summary>We wait for the client, not for the engine: until <see cref="Heard"/> silence does not count.</summary>
    public void Pause() => Volatile.Write(ref _heardTicks, long.MaxValue);

    /// <summary>
    /// Calls back when the whole request is over, not only this attempt at it: the client gone, the deadline over, this
    /// silo going down. At once, if it is.
    /// </summary>
    public CancellationTokenRegistration OnOver(Action<object?> callback, object state)
    {
        CancellationToken token;
        lock (_gate)
        {
            token = _isOver ? new CancellationToken(canceled: true) : (_over ??= new CancellationTokenSource()).Token;
        }

        return token.UnsafeRegister(callback, state);
    }

    public void Dispose()
    {
        _clientGone.Dispose();
        _epochLost.Dispose();
        _draining.Dispose();
        _timer.Dispose();
        _source.Dispose();
        _over?.Dispose();
    }

    private void End()
    {
        CancellationTokenSource? over;
        lock (_gate)
        {
            _isOver = true;
            over = _over;
        }

        try
        {
            over?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended at the same moment.
        }
    }

    private void OnTimer()
    {
        var now = _time.GetMonotonic();
        if (_deadline.IsOver(now))
        {
            Stop(AttemptStop.DeadlineExceeded);
        }
        else if (Volatile.Read(ref _heardTicks) is var heard && heard != long.MaxValue && now - new Monotonic(heard) >= _idleLimit)
        {
            Stop(AttemptStop.IdleTimeout);
        }
        else
        {
            Rearm();
        }
    }

    private void Rearm()
    {
        var now = _time.GetMonotonic();
        var due = _deadline.Remaining(now);
        var heard = Volatile.Read(ref _heardTicks);
        if (heard != long.MaxValue && new Monotonic(heard) + _idleLimit - now is var idle && idle < due)
        {
            due = idle;
        }

        try
        {
            _timer.Change(Milliseconds(due), Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended while the timer fired.
        }
    }

    // Timers count whole milliseconds: rounded down, the last fraction would fire in a circle.
    private static TimeSpan Milliseconds(TimeSpan due) =>
        due <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds));

    private void Stop(AttemptStop why)
    {
        if (why is not (AttemptStop.EpochLost or AttemptStop.IdleTimeout))
        {
            End();
        }

        if (Interlocked.CompareExchange(ref _stop, (int)why, (int)AttemptStop.None) == (int)AttemptStop.None)
        {
            try
            {
                _source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The attempt ended at the same moment.
            }
        }
    }
}
