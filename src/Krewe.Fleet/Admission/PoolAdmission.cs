using Krewe.Core.Admission;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Admission;

/// <summary>
/// The requests of one pool that this silo could not place: first come, first served, bounded, without spinning.
/// Only the first tries, and only after something changed; when it is placed or gives up, the next one tries.
/// </summary>
public sealed class PoolAdmission : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _expiry;
    private readonly AdmissionQueue<Waiter> _queue = new(0);
    private readonly List<Waiter> _expired = [];
    private Monotonic? _expiryAt;
    private long _signals;
    private volatile int _waiting;

    public PoolAdmission(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        // It outlives whoever made the pool known, and must not keep their context.
        using var _ = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        _expiry = time.CreateTimer(static self => ((PoolAdmission)self!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many wait.</summary>
    public int Waiting => _waiting;

    /// <summary>Something changed that may give the first one room.</summary>
    public void Signal()
    {
        if (_waiting == 0)
        {
            // A request that is about to enter gets its own first try, so nothing is lost here.
            return;
        }

        lock (_gate)
        {
            _signals++;
            WakeFirstNeedsLock();
        }
    }

    /// <summary>Joins the queue's end; null when it is full.</summary>
    /// <param name="until">When to give up.</param>
    /// <param name="limit">Most that may wait, by the pool's present definition.</param>
    public Waiter? TryEnter(Deadline until, int limit)
    {
        lock (_gate)
        {
            _queue.Limit = limit;
            var waiter = new Waiter(this);
            if (!_queue.TryEnqueue(waiter, until.At, out var ticket))
            {
                return null;
            }

            waiter.Ticket = ticket;
            _waiting = _queue.Count;
            ScheduleExpiryNeedsLock();
            return waiter;
        }
    }

    public void Dispose() => _expiry.Dispose();

    private void Expire()
    {
        lock (_gate)
        {
            _expiryAt = null;
            _ = FirstNeedsLock();
            ScheduleExpiryNeedsLock();
            WakeFirstNeedsLock();
        }
    }

    private void ScheduleExpiryNeedsLock()
    {
        if (_queue.NextExpiry is { } next && (_expiryAt is null || next < _expiryAt))
        {
            _expiryAt = next;
            var due = next - _time.GetMonotonic();
            // Timers count in milliseconds and may fire a fraction early: round up, or the last bit would spin.
            _expiry.Change(due <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        }
    }

    private void WakeFirstNeedsLock()
    {
        FirstNeedsLock()?.WakeNeedsLock(_signals);
    }

    /// <summary>Who stands first; those whose time is over are told and leave.</summary>
    private Waiter? FirstNeedsLock()
    {
        _queue.TryPeek(_time.GetMonotonic(), _expired, out var first, out _);
        foreach (var waiter in _expired)
        {
            waiter.ExpireNeedsLock();
        }

        _expired.Clear();
        _waiting = _queue.Count;
        return first;
    }

    /// <summary>One request's place in the queue. Disposing it leaves the queue and lets the next one try.</summary>
    public sealed class Waiter : IDisposable
    {
        private readonly PoolAdmission _owner;
        private TaskCompletionSource<AdmissionTurn>? _turn;
        private long _seen = -1;
        private bool _expired;
        private bool _left;

        internal Waiter(PoolAdmission owner) => _owner = owner;

        internal AdmissionTicket Ticket { get; set; }

        /// <summary>Waits until this request stands first and something changed since its last try; the first try is free.</summary>
        public async ValueTask<AdmissionTurn> NextTurnAsync(CancellationToken cancellationToken)
        {
            Task<AdmissionTurn> turn;
            lock (_owner._gate)
            {
                var first = _owner.FirstNeedsLock();
                if (_expired)
                {
                    return AdmissionTurn.Expired;
                }

                if (ReferenceEquals(first, this) && _seen < _owner._signals)
                {
                    _seen = _owner._signals;
                    return AdmissionTurn.Try;
                }

                _turn = new TaskCompletionSource<AdmissionTurn>(TaskCreationOptions.RunContinuationsAsynchronously);
                turn = _turn.Task;
            }

            return await turn.InTurn().WaitAsync(cancellationToken);
        }

        public void Dispose()
        {
            lock (_owner._gate)
            {
                if (_left)
                {
                    return;
                }

                _left = true;
                if (!_expired)
                {
                    _owner._queue.Cancel(Ticket);
                    _owner._waiting = _owner._queue.Count;
                    _owner.WakeFirstNeedsLock();
                }
            }
        }

        internal void WakeNeedsLock(long signals)
        {
            if (_turn is { } turn && _seen < signals)
            {
                _seen = signals;
                _turn = null;
                turn.TrySetResult(AdmissionTurn.Try);
            }
        }

        internal void ExpireNeedsLock()
        {
            _expired = true;
            _turn?.TrySetResult(AdmissionTurn.Expired);
            _turn = null;
        }
    }
}
