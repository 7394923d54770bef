using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Time;

namespace Krewe.Core.Admission;

/// <summary>
/// Requests that found no room, first in, first out, at most <c>limit</c> of them. Each has a deadline: once it is over
/// the item is never handed out, only reported as expired. Nothing polls: <see cref="NextExpiry"/> says when to call
/// <see cref="Expire"/>. Enqueueing, dequeueing and cancelling cost O(1) on top of the order of deadlines, which costs
/// O(1) where they come in rising order and O(log n) at worst. Not safe for many threads: its owner calls it one at a time.
/// </summary>
public sealed class AdmissionQueue<T>
{
    // Dead entries among the deadlines are swept when they are this many and more than the live ones.
    private const int SweepAt = 64;

    private readonly Dictionary<long, Waiting> _byNumber = [];
    private readonly PriorityQueue<Waiting, (long Deadline, long Number)> _byDeadline = new();
    private readonly LinkedList<Waiting> _order = new();
    private long _lastNumber;

    /// <param name="limit">Most items that wait at a time; 0 = none may wait.</param>
    public AdmissionQueue(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        Limit = limit;
    }

    /// <summary>Most items that wait at a time. Lowered below <see cref="Count"/>, it refuses new items until enough have left.</summary>
    public int Limit
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Items that wait; those whose deadline is over count until they are reported.</summary>
    public int Count => _byNumber.Count;

    /// <summary>When the first of the waiting items expires; null where none waits.</summary>
    public Monotonic? NextExpiry
    {
        get
        {
            DropDead();
            return _byDeadline.TryPeek(out _, out var first) ? new Monotonic(first.Deadline) : null;
        }
    }

    /// <summary>Puts an item at the end. False, and nothing changes, where the queue is full.</summary>
    public bool TryEnqueue(T item, Monotonic deadline, out AdmissionTicket ticket)
    {
        if (Count >= Limit)
        {
            ticket = default;
            return false;
        }

        ticket = new AdmissionTicket(++_lastNumber);
        var waiting = new Waiting(ticket, item);
        waiting.Place = _order.AddLast(waiting);
        _byNumber.Add(ticket.Number, waiting);
        _byDeadline.Enqueue(waiting, (deadline.Ticks, ticket.Number));
        return true;
    }

    /// <summary>The first item whose deadline is not over; it stays where it is. All expired ones leave and are added to <paramref name="expired"/>.</summary>
    public bool TryPeek(Monotonic now, ICollection<T> expired, [MaybeNullWhen(false)] out T item, out AdmissionTicket ticket)
    {
        Expire(now, expired);
        if (_order.First is { } first)
        {
            item = first.Value.Item!;
            ticket = first.Value.Ticket;
            return true;
        }

        item = default;
        ticket = default;
        return false;
    }

    /// <summary>
    /// As the other, of the items that <paramref name="admits"/>: those before it that it does not admit keep their places.
    /// Linear in how many it does not.
    /// </summary>
    public bool TryPeek(Monotonic now, ICollection<T> expired, Predicate<T> admits, [MaybeNullWhen(false)] out T item)
    {
        ArgumentNullException.ThrowIfNull(admits);
        Expire(now, expired);
        foreach (var waiting in _order)
        {
            if (admits(waiting.Item!))
            {
                item = waiting.Item!;
                return true;
            }
        }

        item = default;
        return false;
    }

    /// <summary>Takes out the first item whose deadline is not over. All expired ones leave and are added to <paramref name="expired"/>.</summary>
    public bool TryDequeue(Monotonic now, ICollection<T> expired, [MaybeNullWhen(false)] out T item)
    {
        var found = TryPeek(now, expired, out item, out var ticket);
        if (found)
        {
            Cancel(ticket);
        }

        return found;
    }

    /// <summary>Takes a waiting item out. False where it has left before.</summary>
    public bool Cancel(AdmissionTicket ticket)
    {
        if (!_byNumber.Remove(ticket.Number, out var waiting))
        {
            return false;
        }

        _order.Remove(waiting.Place!);
        waiting.Leave();
        if (_byDeadline.Count >= SweepAt && _byDeadline.Count > 2 * Count)
        {
            Sweep();
        }

        return true;
    }

    /// <summary>Takes out every item whose deadline is over and adds it to <paramref name="expired"/>, the earliest deadline first. Returns how many.</summary>
    public int Expire(Monotonic now, ICollection<T> expired)
    {
        ArgumentNullException.ThrowIfNull(expired);
        var count = 0;
        DropDead();
        while (_byDeadline.TryPeek(out var waiting, out var first) && first.Deadline <= now.Ticks)
        {
            expired.Add(waiting.Item!);
            count++;
            Cancel(waiting.Ticket);
            DropDead();
        }

        return count;
    }

    private void DropDead()
    {
        while (_byDeadline.TryPeek(out var waiting, out _) && waiting.Place is null)
        {
            _byDeadline.Dequeue();
        }
    }

    private void Sweep()
    {
        var live = _byDeadline.UnorderedItems.Where(entry => entry.Element.Place is not null).ToArray();
        _byDeadline.Clear();
        _byDeadline.EnqueueRange(live);
    }

    private sealed class Waiting(AdmissionTicket ticket, T item)
    {
        public AdmissionTicket Ticket { get; } = ticket;

        public T? Item { get; private set; } = item;

        /// <summary>Where it stands; null once it has left.</summary>
        public LinkedListNode<Waiting>? Place { get; set; }

        /// <summary>Its entry among the deadlines may outlive it, and must not keep the item alive.</summary>
        public void Leave()
        {
            Item = default;
            Place = null;
        }
    }
}
