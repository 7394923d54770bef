using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Reservations;

namespace Krewe.Simulation.Gateways;

/// <summary>Cuts an attempt short as the gateway does: client gone, deadline, an engine silent for too long once it was heard, epoch lost.</summary>
internal sealed class AttemptWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly AttemptInbox _inbox;
    private readonly Deadline? _deadline;
    private readonly TimeSpan? _idle;
    private readonly ITimer _timer;
    private readonly List<CancellationTokenRegistration> _registrations = [];
    private Monotonic? _heard;

    /// <param name="time">The silo's clock.</param>
    /// <param name="inbox">What is cut short.</param>
    /// <param name="deadline">The request's; null for none.</param>
    /// <param name="idle">Longest silence; null for none.</param>
    public AttemptWatch(TimeProvider time, AttemptInbox inbox, Deadline? deadline, TimeSpan? idle)
    {
        _time = time;
        _inbox = inbox;
        _deadline = deadline;
        _idle = idle;
        _timer = time.CreateTimer(static self => ((AttemptWatch)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Rearm();
    }

    /// <summary>Where the fleet looks whether tokens come.</summary>
    public AttemptPulse? Pulse { get; init; }

    public void On(AttemptStop why, CancellationToken token) => _registrations.Add(token.UnsafeRegister(_ => _inbox.Stop(why), null));

    public void Heard()
    {
        var first = _heard is null;
        var now = _time.GetMonotonic();
        _heard = now;
        Pulse?.Heard(now);
        if (first)
        {
            Rearm();
        }
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _timer.Dispose();
    }

    private void OnTimer()
    {
        var now = _time.GetMonotonic();
        if (_deadline?.IsOver(now) == true)
        {
            _inbox.Stop(AttemptStop.DeadlineExceeded);
        }
        else if (now - _heard >= _idle)
        {
            _inbox.Stop(AttemptStop.IdleTimeout);
        }
        else
        {
            Rearm();
        }
    }

    private void Rearm()
    {
        var now = _time.GetMonotonic();
        var due = _deadline?.Remaining(now);
        if (_heard + _idle - now is { } idle && (due is null || idle < due))
        {
            due = idle;
        }

        if (due is { } next)
        {
            _timer.Change(next, Timeout.InfiniteTimeSpan);
        }
    }
}
