using Krewe.Core.Time;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Local;

/// <summary>What the local host offers one actor.</summary>
internal sealed class LocalTurnHost(Mailbox mailbox, TimeProvider time) : ITurnHost
{
    public TimeProvider Time => time;

    public ITurnTimer CreateTimer(Action onFire) => new Timer(mailbox, time, onFire);

    /// <summary>
    /// A fire is queued like a call, and may run after the timer was moved or cancelled: so it asks what is due by now.
    /// All but <see cref="Fire"/> runs in turns of the actor.
    /// </summary>
    private sealed class Timer : ITurnTimer
    {
        private readonly Mailbox _mailbox;
        private readonly TimeProvider _time;
        private readonly Action _onFire;
        private readonly ITimer _timer;
        private Monotonic? _due;

        public Timer(Mailbox mailbox, TimeProvider time, Action onFire)
        {
            _mailbox = mailbox;
            _time = time;
            _onFire = onFire;
            // The timer lives as long as the actor: it must not keep the context of whoever happened to call first.
            using var _ = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            _timer = time.CreateTimer(static self => ((Timer)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Schedule(TimeSpan due)
        {
            _due = _time.GetMonotonic() + due;
            Arm(due);
        }

        public void Cancel()
        {
            _due = null;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _due = null;
            _timer.Dispose();
        }

        // Timers count whole milliseconds: rounded down, the last fraction would spin.
        private void Arm(TimeSpan due) =>
            _timer.Change(due <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds)), Timeout.InfiniteTimeSpan);

        private void Fire() => _mailbox.Post(static self => ((Timer)self!).Run(), this);

        private void Run()
        {
            if (_due is not { } due)
            {
                return;
            }

            if (due - _time.GetMonotonic() is var left && left > TimeSpan.Zero)
            {
                // Moved since, or the timer's clock is the coarser one.
                Arm(left);
                return;
            }

            _due = null;
            _onFire();
        }
    }
}
