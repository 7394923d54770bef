namespace Krewe.EngineSim.Runtime;

/// <summary>Which attempt ids were dispatched to this incarnation, and how often: the last so many ids. Safe from any thread.</summary>
internal sealed class AttemptLog
{
    private const int Capacity = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];
    private long _dispatches;
    private long _distinct;
    private long _repeated;

    public void Add(string? attempt)
    {
        lock (_gate)
        {
            _dispatches++;
            if (attempt is null)
            {
                return;
            }

            var count = _counts.GetValueOrDefault(attempt) + 1;
            _counts[attempt] = count;
            _repeated += count == 2 ? 1 : 0;
            if (count > 1)
            {
                return;
            }

            _distinct++;
            _order.Enqueue(attempt);
            if (_order.Count > Capacity)
            {
                _counts.Remove(_order.Dequeue());
            }
        }
    }

    public int CountOf(string attempt)
    {
        lock (_gate)
        {
            return _counts.GetValueOrDefault(attempt);
        }
    }

    /// <summary>Dispatches in all, distinct attempt ids, and how many of these came more than once.</summary>
    public (long Dispatches, long Distinct, long Repeated) Read()
    {
        lock (_gate)
        {
            return (_dispatches, _distinct, _repeated);
        }
    }
}
