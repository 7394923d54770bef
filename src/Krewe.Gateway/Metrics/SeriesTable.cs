namespace Krewe.Gateway.Metrics;

/// <summary>
/// The series of one metric, found by the tags of a measurement without a lock or an allocation. Bounded: what comes in
/// under further tags is booked on one series labelled <c>otel_metric_overflow="true"</c>.
/// </summary>
internal sealed class SeriesTable<TSeries>(int limit, Func<string, TSeries> make, bool isHistogram)
    where TSeries : Series
{
    private const string OverflowLabels = "otel_metric_overflow=\"true\"";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TSeries> _byLabels = new(StringComparer.Ordinal);
    private Entry?[] _buckets = new Entry?[16];
    private int _entries;
    private TSeries? _overflow;

    /// <summary>Every series, in the order of their first measurements.</summary>
    public TSeries[] All()
    {
        lock (_gate)
        {
            return _overflow is null ? [.. _byLabels.Values] : [.. _byLabels.Values, _overflow];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            Volatile.Write(ref _buckets, new Entry?[16]);
            _entries = 0;
            _byLabels.Clear();
            _overflow = null;
        }
    }

    public TSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = Hash(tags);
        var buckets = Volatile.Read(ref _buckets);
        for (var entry = Volatile.Read(ref buckets[hash & (buckets.Length - 1)]); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && AreSame(entry.Tags, tags))
            {
                return entry.Series;
            }
        }

        return Volatile.Read(ref _overflow) ?? Add(hash, tags);
    }

    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = default(HashCode);
        foreach (var (key, value) in tags)
        {
            // The keys of a metric are nearly always the same ones: their lengths tell them apart well enough.
            hash.Add(key.Length);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    private static bool AreSame(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }

        for (var i = 0; i < known.Length; i++)
        {
            if (!string.Equals(known[i].Key, tags[i].Key, StringComparison.Ordinal) || !Equals(known[i].Value, tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private TSeries Add(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            // Tags in another order, or of another type that is written alike, are the same series.
            var labels = PrometheusLabels.Format(tags, isHistogram);
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                if (_byLabels.Count >= limit)
                {
                    return _overflow ??= make(OverflowLabels);
                }

                series = make(labels);
                _byLabels.Add(labels, series);
            }

            // The ways to write the known series are bounded too: beyond that they are found the slow way.
            if (_entries < 2 * limit)
            {
                Index(new Entry(hash, tags.ToArray(), series));
            }

            return series;
        }
    }

    private void Index(Entry added)
    {
        var buckets = _buckets;
        if (_entries >= buckets.Length)
        {
            var larger = new Entry?[buckets.Length * 2];
            foreach (var chain in buckets)
            {
                for (var entry = chain; entry is not null; entry = entry.Next)
                {
                    Put(larger, new Entry(entry.Hash, entry.Tags, entry.Series));
                }
            }

            buckets = larger;
        }

        Put(buckets, added);
        _entries++;
        Volatile.Write(ref _buckets, buckets);

        static void Put(Entry?[] into, Entry entry)
        {
            ref var head = ref into[entry.Hash & (into.Length - 1)];
            entry.Next = head;
            Volatile.Write(ref head, entry);
        }
    }

    private sealed class Entry(int hash, KeyValuePair<string, object?>[] tags, TSeries series)
    {
        public int Hash => hash;

        public KeyValuePair<string, object?>[] Tags => tags;

        public TSeries Series => series;

        public Entry? Next { get; set; }
    }
}
