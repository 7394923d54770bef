using System.Buffers;
using System.Runtime.ExceptionServices;
using Krewe.Core.Identity;
using Krewe.Core.Resume;
using Krewe.Core.Time;
using Krewe.Gateway.Errors;

namespace Krewe.Gateway.Resume;

/// <summary>
/// A stream that outlives its client's connection: whoever serves the request writes events, whoever is connected reads
/// them. The rules are <see cref="StreamHold"/>'s. Safe for use from several threads.
/// </summary>
internal sealed class HeldStream : IDisposable
{
    /// <summary>What a stream takes beside its events, bytes.</summary>
    public const int Overhead = 1 << 10;

    // No limit of events is so small that a few of them do not fit.
    private const int SmallestRing = 8 << 10;

    private readonly Lock _gate = new();
    private readonly HeldStreams _streams;
    private readonly StreamHold _hold;
    private readonly EventRing _ring = new();
    private readonly int _maxBytes;
    private readonly CancellationTokenSource _gone = new();
    private readonly Signal _room = new();
    private HeldReader? _reader;
    private ITimer? _timer;
    private ExceptionDispatchInfo? _fault;
    private bool _isAborted;
    private bool _isForgotten;

    public HeldStream(HeldStreams streams, RequestId id, TenantId tenant, TimeSpan keep, int maxBytes)
    {
        _streams = streams;
        _maxBytes = maxBytes;
        _hold = new StreamHold(keep, maxBytes);
        Id = id;
        Tenant = tenant;
        Keep = keep;
    }

    private Monotonic Now => _streams.Time.GetMonotonic();

    public RequestId Id { get; }

    /// <summary>Whose it is.</summary>
    public TenantId Tenant { get; }

    /// <summary>How long it waits for its client to come back.</summary>
    public TimeSpan Keep { get; }

    /// <summary>Who serves it; ends when there is nothing left to serve. Kept so that it is somebody's.</summary>
    public Task Serving { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when nobody is to come back for it.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Whether the client asked for its end.</summary>
    public bool IsCancelled { get; private set; }

    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _hold.IsEnded;
            }
        }
    }

    /// <summary>Whether a client may come back for it.</summary>
    public bool MayBeRead
    {
        get
        {
            lock (_gate)
            {
                return !_isForgotten && !_hold.IsGivenUp;
            }
        }
    }

    /// <summary>Whether any event was written.</summary>
    public bool HasEvents => Next > 0;

    /// <summary>The number of the next event.</summary>
    public int Next
    {
        get
        {
            lock (_gate)
            {
                return _hold.Next;
            }
        }
    }

    /// <summary>What it ended with; where it had events, the last of them tells it.</summary>
    public ApiError? Failure { get; private set; }

    /// <summary>Takes an event.</summary>
    public void Append(ReadOnlySpan<byte> sse)
    {
        lock (_gate)
        {
            if (_isForgotten || _hold.IsEnded)
            {
                return;
            }

            if (_ring.Free < sse.Length)
            {
                MakeRoom(sse.Length);
            }

            _ring.Append(sse);
            _hold.Add(sse.Length);
        }
    }

    /// <summary>Has what was written read; waits where too much of it is still to be read. False where nobody will.</summary>
    public ValueTask<bool> FlushAsync()
    {
        bool isFull;
        lock (_gate)
        {
            _reader?.Wake();
            isFull = _hold.IsFull;
        }

        return isFull ? WaitForRoomAsync() : ValueTask.FromResult(!_isAborted);
    }

    /// <summary>Ends it. The first word counts.</summary>
    /// <param name="failure">Where it did not come to its proper end: why.</param>
    /// <param name="fault">Where that is a fault of our own: for whoever is connected.</param>
    public void End(ApiError? failure = null, Exception? fault = null)
    {
        HoldVerdict verdict;
        lock (_gate)
        {
            if (_hold.IsEnded)
            {
                return;
            }

            Failure = failure;
            _fault = fault is null ? null : ExceptionDispatchInfo.Capture(fault);
            _hold.End(Now);
            _reader?.Wake();
            verdict = Decide();
        }

        _streams.OnEnded(this);
        Act(verdict);
    }

    /// <summary>Somebody wants to read on behind an event.</summary>
    public AttachResult Attach(int after, out HeldReader? reader)
    {
        lock (_gate)
        {
            return Seat(_isForgotten ? AttachResult.Missed : _hold.Attach(after), out reader);
        }
    }

    /// <summary>The same, for a reader that had left for a moment. False where another has come meanwhile.</summary>
    public bool TryReturn(int number, int after, out AttachResult result, out HeldReader? reader)
    {
        lock (_gate)
        {
            reader = null;
            result = AttachResult.Missed;
            if (_reader?.Number != number)
            {
                return false;
            }

            result = Seat(_isForgotten ? AttachResult.Missed : _hold.Return(after), out reader);
            return true;
        }
    }

    public HeldStatus Look(int number)
    {
        lock (_gate)
        {
            return !_hold.IsReader(number) ? HeldStatus.Superseded
                : _hold.Position < _hold.Next ? HeldStatus.Some
                : _hold.IsEnded ? HeldStatus.Ended
                : HeldStatus.None;
        }
    }

    public int Read(int number, IBufferWriter<byte> output, int most)
    {
        lock (_gate)
        {
            var offset = _hold.BytesRead;
            var count = _hold.Take(number, most);
            if (count == 0)
            {
                return -1;
            }

            _ring.CopyTo((int)offset, (int)count, output);
            _room.Set();
            return _hold.Position - 1;
        }
    }

    public void Leave(int number, bool knowsEnd)
    {
        HoldVerdict verdict;
        lock (_gate)
        {
            if (!_hold.Leave(number, Now, knowsEnd))
            {
                return;
            }

            verdict = Decide();
        }

        Act(verdict);
    }

    /// <summary>The client wants no more of it.</summary>
    public void Cancel()
    {
        HoldVerdict verdict;
        lock (_gate)
        {
            IsCancelled |= !_hold.IsEnded;
            _hold.Abandon();
            verdict = Decide();
        }

        Act(HoldVerdict.Abandon);
        Act(verdict);
    }

    /// <summary>Ends every wait of who serves it.</summary>
    public void Abort()
    {
        _isAborted = true;
        _room.Set();
    }

    /// <summary>Throws what it broke with, if that was a fault of our own.</summary>
    public void ThrowFault() => _fault?.Throw();

    /// <summary>Gives its memory back; it cannot be read any more. False where it still runs or is read.</summary>
    public bool TryForget()
    {
        lock (_gate)
        {
            if (!_hold.IsEnded || _hold.Reader != 0)
            {
                return false;
            }

            if (!_isForgotten)
            {
                _isForgotten = true;
                _streams.Budget.Give(_ring.Capacity + Overhead);
                _ring.Clear();
            }
        }

        _streams.Remove(this);
        Dispose();
        return true;
    }

    public void Dispose() => _timer?.Dispose();

    /// <summary>Under the lock: whoever was let in is the reader.</summary>
    private AttachResult Seat(AttachResult result, out HeldReader? reader)
    {
        reader = null;
        if (result == AttachResult.Attached)
        {
            _reader?.Wake();
            _reader = reader = new HeldReader(this, _hold.Reader);
        }

        return result;
    }

    private void MakeRoom(int length)
    {
        var capacity = _ring.CapacityFor(length);
        if (capacity <= Math.Max(_maxBytes, SmallestRing) && _streams.TryTake(capacity - _ring.Capacity, this))
        {
            _ring.Grow(capacity);
            return;
        }

        _ring.DropFirst((int)_hold.Trim(Math.Max(0, _ring.Capacity - length)));
        if (_ring.Free < length)
        {
            // What nobody has read yet is not dropped: who writes waits for room after this.
            _streams.Budget.Take(capacity - _ring.Capacity);
            _ring.Grow(capacity);
        }
    }

    private async ValueTask<bool> WaitForRoomAsync()
    {
        while (!_isAborted && IsFull())
        {
            await _room.WaitAsync();
        }

        return !_isAborted;
    }

    private bool IsFull()
    {
        lock (_gate)
        {
            return _hold.IsFull;
        }
    }

    /// <summary>Under the lock: what becomes of it, and when to look again.</summary>
    private HoldVerdict Decide()
    {
        var now = Now;
        var verdict = _hold.Check(now);
        if (verdict == HoldVerdict.Keep && _hold.Due is { } due && !_isForgotten)
        {
            // Timers count whole milliseconds: rounded down, the last fraction would fire in a circle.
            var wait = TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling((due - now).TotalMilliseconds)));
            _timer ??= _streams.Time.CreateTimer(static self => ((HeldStream)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }

        return verdict;
    }

    private void OnTimer()
    {
        HoldVerdict verdict;
        lock (_gate)
        {
            verdict = Decide();
        }

        Act(verdict);
    }

    private void Act(HoldVerdict verdict)
    {
        switch (verdict)
        {
            case HoldVerdict.Abandon:
                Abort();
                _gone.Cancel();
                break;
            case HoldVerdict.Forget:
                TryForget();
                break;
            case HoldVerdict.Keep:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null);
        }
    }
}
