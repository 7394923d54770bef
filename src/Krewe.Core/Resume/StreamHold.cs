using Krewe.Core.Time;

namespace Krewe.Core.Resume;

/// <summary>
/// The rules of a stream that outlives its client's connection: which of its events are kept, who reads them, and how
/// long it waits for somebody to come back. Events are numbered from 0; what they hold is not known here.
/// <list type="bullet">
/// <item>One reader at a time; the newer wins, for it is the one whose connection is known to work.</item>
/// <item>What no reader has had yet is never dropped. What was sent is kept as long as there is room, since what was sent
/// need not have come; where nobody reads, the last quarter of all room is kept for it: the reader left because its
/// connection broke.</item>
/// <item>A client learns the request's id with the first event: who leaves before that cannot come back, and is gone.</item>
/// <item>The time to come back runs from when the reader left, whether the request has ended meanwhile or not.</item>
/// <item>Where the client has ended the request nobody new may read it; but the last reader, which may be between two reads,
/// may come back for its end, for <see cref="Farewell"/> at most.</item>
/// </list>
/// Not safe for many threads.
/// </summary>
/// <param name="keep">How long the stream waits for a reader.</param>
/// <param name="maxBytes">Most bytes that are kept; what nobody has read yet may exceed it.</param>
public sealed class StreamHold(TimeSpan keep, long maxBytes)
{
    /// <summary>How long the end of a request that its client ended waits for the last reader.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private int[] _lengths = new int[16];
    private int _readers;
    private bool _isTold;
    private bool _isLost;
    private bool _isAbandoned;
    private bool _hasEnd;
    private Monotonic? _leftAt;
    private Monotonic _endedAt;

    /// <summary>The oldest event that is kept.</summary>
    public int First { get; private set; }

    /// <summary>The number of the next event.</summary>
    public int Next { get; private set; }

    /// <summary>The next event for the reader.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Of these, the ones before <see cref="Position"/>.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The reader's number; 0 where there is none.</summary>
    public int Reader { get; private set; }

    /// <summary>Whether the last event has been added.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether nobody new may read it: the client ended the request, or did not come back in time.</summary>
    public bool IsGivenUp => _isLost || _isAbandoned;

    /// <summary>Whether so much waits for the reader that no more should be made.</summary>
    public bool IsFull => Bytes - BytesRead > maxBytes - (Reader == 0 ? Math.Min(BytesRead, maxBytes / 4) : 0);

    /// <summary>Takes an event; its number.</summary>
    /// <param name="length">Its length, bytes.</param>
    public int Add(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (IsEnded)
        {
            throw new InvalidOperationException("The stream has ended.");
        }

        if (Next - First == _lengths.Length)
        {
            Grow();
        }

        Length(Next) = length;
        Bytes += length;
        return Next++;
    }

    /// <summary>Drops the oldest events that were read, as many as are too many; the bytes dropped.</summary>
    /// <param name="limit">Most bytes that may be kept now.</param>
    public long Trim(long limit)
    {
        var before = Bytes;
        while (Bytes > limit && First < Position && (Reader != 0 || BytesRead - Length(First) >= maxBytes / 4))
        {
            var length = Length(First++);
            Bytes -= length;
            BytesRead -= length;
        }

        return before - Bytes;
    }

    /// <summary>The same, by the stream's own limit.</summary>
    public long Trim() => Trim(maxBytes);

    /// <summary>Somebody wants to read on.</summary>
    /// <param name="after">The last event that it has; -1 = none.</param>
    public AttachResult Attach(int after) => Seat(after, mayRead: !IsGivenUp);

    /// <summary>The reader that was there last goes on: it had left between two reads.</summary>
    /// <param name="after">The last event that it has; -1 = none.</param>
    public AttachResult Return(int after) => Seat(after, mayRead: !_isLost);

    /// <summary>Whether this is still the reader.</summary>
    public bool IsReader(int reader) => reader == Reader && reader != 0;

    /// <summary>The next events for the reader, as many as fit; at least one, if there is any. They count as sent.</summary>
    /// <param name="reader">The reader's number.</param>
    /// <param name="most">Most bytes.</param>
    /// <returns>Their bytes; 0 where there are none, or it is not the reader any more.</returns>
    public long Take(int reader, long most)
    {
        if (!IsReader(reader))
        {
            return 0;
        }

        long taken = 0;
        while (Position < Next && (taken == 0 || taken + Length(Position) <= most))
        {
            taken += Length(Position++);
        }

        BytesRead += taken;
        _isTold |= taken > 0;
        return taken;
    }

    /// <summary>The reader has left. False where another had taken its place.</summary>
    /// <param name="reader">The reader's number.</param>
    /// <param name="now">When.</param>
    /// <param name="knowsEnd">Whether it knows of the end, if there was one.</param>
    public bool Leave(int reader, Monotonic now, bool knowsEnd = true)
    {
        if (!IsReader(reader))
        {
            return false;
        }

        _hasEnd = knowsEnd && IsEnded && Position == Next;
        Reader = 0;
        _leftAt = now;
        return true;
    }

    /// <summary>There will be no more events.</summary>
    public void End(Monotonic now)
    {
        IsEnded = true;
        _endedAt = now;
        if (Reader == 0)
        {
            _leftAt ??= now;
        }
    }

    /// <summary>The client has ended the request: nobody new is to read it.</summary>
    public void Abandon() => _isAbandoned = true;

    /// <summary>What becomes of it now.</summary>
    public HoldVerdict Check(Monotonic now)
    {
        if (Reader != 0 || _leftAt is not { } left)
        {
            return HoldVerdict.Keep;
        }

        _isLost |= !_isTold || (!IsEnded && now - left >= keep);
        return IsEnded ? _isLost || now >= Due ? HoldVerdict.Forget : HoldVerdict.Keep
            : IsGivenUp ? HoldVerdict.Abandon
            : HoldVerdict.Keep;
    }

    /// <summary>When to look again; null where nothing is waited for.</summary>
    public Monotonic? Due => Reader != 0 || _leftAt is not { } left ? null
        : !_isAbandoned || !IsEnded ? left + keep
        : _hasEnd ? left
        : Monotonic.Min(left + keep, Monotonic.Max(left, _endedAt) + Farewell);

    private AttachResult Seat(int after, bool mayRead)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(after, -1);
        if (after >= Next)
        {
            return AttachResult.Ahead;
        }

        if (after + 1 < First || !mayRead)
        {
            return AttachResult.Missed;
        }

        (Position, BytesRead) = (First, 0);
        while (Position <= after)
        {
            BytesRead += Length(Position++);
        }

        Reader = ++_readers;
        _leftAt = null;
        return AttachResult.Attached;
    }

    private ref int Length(int index) => ref _lengths[index & (_lengths.Length - 1)];

    private void Grow()
    {
        var before = _lengths;
        _lengths = new int[before.Length * 2];
        for (var index = First; index < Next; index++)
        {
            Length(index) = before[index & (before.Length - 1)];
        }
    }
}
