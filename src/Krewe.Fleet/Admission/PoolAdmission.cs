using Krewe.Core.Admission;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Admission;

/// <summary>
/// The requests of one pool that this silo could not place: first come, first served, bounded, without spinning.
/// Only the first tries, and only after something changed; when it is placed or gives up, the next one tries. Requests
/// that lost an instance come before those that never had one. Who finds that no instance could serve it, however much
/// room there were, lets the others pass until something changes.
/// </summary>
public sealed class PoolAdmission : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _expiry;
    private readonly AdmissionQueue<Waiter> _queue = new(0);

    // As many as run, which the client port bounds.
    private readonly AdmissionQueue<Waiter> _resuming = new(int.MaxValue);
    private readonly Predicate<Waiter> _mayTry;
    private readonly List<Waiter> _expired = [];
    private Monotonic? _expiryAt;
    private long _signals;
    private volatile int _waiting;

    public PoolAdmission(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _mayTry = waiter => waiter.MayTryNeedsLock(_signals);
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
            return EnterNeedsLock(_queue, until);
        }
    }

    /// <summary>Joins those that had an instance and lost it: before all others, and never refused.</summary>
    /// <param name="until">When to give up.</param>
    public Waiter Resume(Deadline until)
    {
        lock (_gate)
        {
            return EnterNeedsLock(_resuming, until)!;
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

    private Waiter? EnterNeedsLock(AdmissionQueue<Waiter> queue, Deadline until)
    {
        var waiter = new Waiter(this, queue);
        if (!queue.TryEnqueue(waiter, until.At, out var ticket))
        {
            return null;
        }

        waiter.Ticket = ticket;
        CountNeedsLock();
        ScheduleExpiryNeedsLock();
        return waiter;
    }

    private void CountNeedsLock() => _waiting = _queue.Count + _resuming.Count;

    private void ScheduleExpiryNeedsLock()
    {
        var (fresh, resuming) = (_queue.NextExpiry, _resuming.NextExpiry);
        if ((fresh is null || resuming < fresh ? resuming : fresh) is { } next && (_expiryAt is null || next < _expiryAt))
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

    /// <summary>Who stands first among those that may try; those whose time is over are told and leave.</summary>
    private Waiter? FirstNeedsLock()
    {
        var now = _time.GetMonotonic();
        _queue.TryPeek(now, _expired, _mayTry, out var fresh);
        _resuming.TryPeek(now, _expired, _mayTry, out var first);
        first ??= fresh;
        foreach (var waiter in _expired)
        {
            waiter.ExpireNeedsLock();
        }

        _expired.Clear();
        CountNeedsLock();
        return first;
    }

    /// <summary>One request's place in the queue. Disposing it leaves the queue and lets the next one try.</summary>
    public sealed class Waiter : IDisposable
    {
        private readonly PoolAdmission _owner;
        private readonly AdmissionQueue<Waiter> _queue;
        private TaskCompletionSource<AdmissionTurn>? _turn;
        private long _seen = -1;
        private long _passed = -1;
        private bool _expired;
        private bool _left;

        internal Waiter(PoolAdmission owner, AdmissionQueue<Waiter> queue)
        {
            _owner = owner;
            _queue = queue;
        }

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

                if (_seen < _owner._signals && ReferenceEquals(first, this))
                {
                    _seen = _owner._signals;
                    return AdmissionTurn.Try;
                }

                _turn = new TaskCompletionSource<AdmissionTurn>(TaskCreationOptions.RunContinuationsAsynchronously);
                turn = _turn.Task;
            }

            return await turn.InTurn().WaitAsync(cancellationToken);
        }

        /// <summary>Its try found that nothing there can serve it: until something changes the others go first.</summary>
        public void Pass()
        {
            lock (_owner._gate)
            {
                _passed = _seen;
                if (!_left)
                {
                    _owner.WakeFirstNeedsLock();
                }
            }
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
                    _queue.Cancel(Ticket);
                    _owner.CountNeedsLock();
                    _owner.WakeFirstNeedsLock();
                }
            }
        }

        internal bool MayTryNeedsLock(long signals) => _passed < signals;

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
