using Krewe.Core.Identity;

namespace Krewe.Fleet.Journal;

/// <summary>This silo's last transitions, newest first, bounded.</summary>
public sealed class EventLog(TimeProvider time, int capacity = EventLog.DefaultCapacity)
{
    public const int DefaultCapacity = 10_000;

    private readonly Lock _gate = new();
    private readonly FleetEvent[] _ring = new FleetEvent[capacity];
    private long _count;

    public void Add(FleetEvent entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var at = time.GetUtcNow();
        lock (_gate)
        {
            _ring[_count % _ring.Length] = entry with { Sequence = _count + 1, At = at };
            _count++;
        }
    }

    /// <summary>Those that came after one, newest first.</summary>
    /// <param name="sequence">Its number; 0 for all.</param>
    /// <param name="limit">At most so many, the newest.</param>
    public IReadOnlyList<FleetEvent> After(long sequence, int limit)
    {
        lock (_gate)
        {
            var count = (int)Math.Clamp(_count - sequence, 0, Math.Min(limit, _ring.Length));
            var found = new FleetEvent[count];
            for (var i = 0; i < count; i++)
            {
                found[i] = _ring[(_count - 1 - i) % _ring.Length];
            }

            return found;
        }
    }

    /// <param name="pool">Only this pool's; null for all.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<FleetEvent> Newest(PoolName? pool, int limit)
    {
        var found = new List<FleetEvent>(Math.Clamp(limit, 0, 256));
        lock (_gate)
        {
            for (var i = _count - 1; i >= 0 && i >= _count - _ring.Length && found.Count < limit; i--)
            {
                var entry = _ring[i % _ring.Length];
                if (pool is null || entry.Pool == pool)
                {
                    found.Add(entry);
                }
            }
        }

        return found;
    }
}
