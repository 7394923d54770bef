using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Routing;

/// <summary>What policies remember between decisions; one per pool and silo. Safe to use from many threads.</summary>
public sealed class RoutingState
{
    private readonly Lock _growing = new();
    private long[] _cursors = new long[8];

    /// <summary>Which prompts the instances are taken to have cached.</summary>
    public PrefixIndex Prefixes { get; } = new();

    /// <summary>
    /// A counter of the candidate set with this key; to be used with <see cref="Interlocked"/>. Routing while the table
    /// of counters grows may lose an advance, which costs a turn of fairness and nothing else.
    /// </summary>
    public ref long Cursor(int key)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(key);
        if (key >= Volatile.Read(ref _cursors).Length)
        {
            lock (_growing)
            {
                if (key >= _cursors.Length)
                {
                    var grown = new long[Math.Max(key + 1, _cursors.Length * 2)];
                    _cursors.CopyTo(grown, 0);
                    Volatile.Write(ref _cursors, grown);
                }
            }
        }

        return ref Volatile.Read(ref _cursors)[key];
    }
}
