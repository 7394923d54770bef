using Krewe.Core.Requests;
using Krewe.Core.Time;

namespace Krewe.Core.Routing;

/// <summary>
/// What a silo has just met with: lives of instances that failed or refused one of its attempts, and pairs between which a
/// KV transfer failed. They are avoided for a while, each entry until its time, as long as there is anything else. Bounded;
/// safe to use from many threads; costs nothing to ask while it is empty.
/// </summary>
public sealed class AvoidList
{
    /// <summary>Most entries; with one more, the one that ends first goes.</summary>
    public const int MaxEntries = 256;

    private readonly Lock _gate = new();
    private volatile Entry[] _entries = [];

    /// <summary>Nothing was added, or everything is forgotten.</summary>
    public bool IsEmpty => _entries.Length == 0;

    /// <summary>Avoids this life of an instance.</summary>
    public void Avoid(InstanceBinding half, Monotonic until, Monotonic now)
    {
        ArgumentNullException.ThrowIfNull(half);
        Add(new Entry(new Exclusion(half.Instance, half.Epoch), null, until), now);
    }

    /// <summary>Avoids these two lives together; each with others is not touched.</summary>
    public void AvoidPair(Binding pair, Monotonic until, Monotonic now)
    {
        ArgumentNullException.ThrowIfNull(pair);
        Add(
            new Entry(
                new Exclusion(pair.Prefill.Instance, pair.Prefill.Epoch),
                new Exclusion(pair.Decode.Instance, pair.Decode.Epoch),
                until),
            now);
    }

    /// <summary>The instances to avoid now.</summary>
    public Exclusion[] Instances(Monotonic now)
    {
        var entries = _entries;
        return entries.Length == 0 ? [] : [.. entries.Where(entry => entry.Decode is null && now < entry.Until).Select(entry => entry.Instance)];
    }

    /// <summary>Whether these two are to be avoided together now.</summary>
    public bool IsAvoided(InstanceView prefill, InstanceView decode, Monotonic now)
    {
        foreach (var entry in _entries)
        {
            if (entry.Decode is { } other && now < entry.Until && entry.Instance.Covers(prefill) && other.Covers(decode))
            {
                return true;
            }
        }

        return false;
    }

    private void Add(Entry added, Monotonic now)
    {
        lock (_gate)
        {
            var kept = _entries.Where(entry => now < entry.Until && (entry.Instance != added.Instance || entry.Decode != added.Decode)).ToList();
            var known = _entries.FirstOrDefault(entry => entry.Instance == added.Instance && entry.Decode == added.Decode);
            kept.Add(known is not null && known.Until > added.Until ? known : added);
            if (kept.Count > MaxEntries)
            {
                kept.Remove(kept.MinBy(entry => entry.Until)!);
            }

            _entries = [.. kept];
        }
    }

    private sealed record Entry(Exclusion Instance, Exclusion? Decode, Monotonic Until);
}
