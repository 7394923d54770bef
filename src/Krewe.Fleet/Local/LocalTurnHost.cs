using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Local;

/// <summary>What the local host offers one actor.</summary>
internal sealed class LocalTurnHost(Mailbox mailbox, TimeProvider time) : ITurnHost
{
    public TimeProvider Time => time;

    public ITurnTimer CreateTimer(Action onFire) => new Timer(mailbox, time, onFire);

    private sealed class Timer : ITurnTimer
    {
        private readonly Mailbox _mailbox;
        private readonly Action _onFire;
        private readonly ITimer _timer;
        private long _armed;

        public Timer(Mailbox mailbox, TimeProvider time, Action onFire)
        {
            _mailbox = mailbox;
            _onFire = onFire;
            _timer = time.CreateTimer(static self => ((Timer)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Schedule(TimeSpan due)
        {
            Interlocked.Increment(ref _armed);
            _timer.Change(due < TimeSpan.Zero ? TimeSpan.Zero : due, Timeout.InfiniteTimeSpan);
        }

        public void Cancel()
        {
            Interlocked.Increment(ref _armed);
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            Interlocked.Increment(ref _armed);
            _timer.Dispose();
        }

        // A fire that was queued before the timer was moved or cancelled must not run after it.
        private void Fire()
        {
            var armed = Interlocked.Read(ref _armed);
            _mailbox.Post(
                _ =>
                {
                    if (Interlocked.Read(ref _armed) == armed)
                    {
                        _onFire();
                    }
                },
                null);
        }
    }
}
