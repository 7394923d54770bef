using Krewe.Core.Randomness;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Stores;

/// <summary>Durable rows with versions; slow, failing or stale when told. A write that fails may have happened.</summary>
internal sealed class SimStore(SimulationClock clock, IRandomSource random, StoredCheck check, Trace trace) : IStateStore
{
    private readonly Dictionary<(string Kind, string Key), List<object>> _rows = [];

    public TimeSpan SlowUntil { get; set; }

    public TimeSpan FailsUntil { get; set; }

    public TimeSpan StaleUntil { get; set; }

    /// <summary>Writes that were refused because somebody else wrote before.</summary>
    public int Conflicts { get; private set; }

    public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class => new Row<TRecord>(this, (kind, key));

    private TimeSpan Delay() =>
        clock.Elapsed < SlowUntil
            ? TimeSpan.FromSeconds(0.5 + (random.NextDouble() * 3.5))
            : TimeSpan.FromMilliseconds(0.2 + (random.NextDouble() * 3));

    private bool Fails() => clock.Elapsed < FailsUntil && random.Next(4) != 0;

    private (object? Record, int Version) Read((string Kind, string Key) id)
    {
        if (!_rows.TryGetValue(id, out var versions))
        {
            return (null, 0);
        }

        var version = clock.Elapsed < StaleUntil ? Math.Max(1, versions.Count - random.Next(2)) : versions.Count;
        return (versions[version - 1], version);
    }

    private bool TryWrite((string Kind, string Key) id, object record, int expected)
    {
        if (!_rows.TryGetValue(id, out var versions))
        {
            _rows.Add(id, versions = []);
        }

        if (versions.Count != expected)
        {
            Conflicts++;
            trace.Add("conflict", id.Key, versions.Count, expected);
            return false;
        }

        if (record is InstanceDocument document)
        {
            check.OnStored(id.Key, document);
        }

        versions.Add(record);
        trace.Add("stored", id.Key, versions.Count);
        return true;
    }

    /// <summary>As the stores of the product do: a write that ends after its caller gave up leaves the caller's version as it was.</summary>
    private sealed class Row<TRecord>(SimStore store, (string Kind, string Key) id) : IRecordStore<TRecord>
        where TRecord : class
    {
        private int _version;

        public Task<TRecord?> LoadAsync(CancellationToken cancellationToken)
        {
            var done = new TaskCompletionSource<TRecord?>();
            store.After(() =>
            {
                if (store.Fails())
                {
                    done.TrySetException(new IOException("The store is out."));
                    return;
                }

                var (record, version) = store.Read(id);
                if (!cancellationToken.IsCancellationRequested)
                {
                    _version = version;
                }

                done.TrySetResult((TRecord?)record);
            });
            return done.Task;
        }

        public Task SaveAsync(TRecord record, CancellationToken cancellationToken)
        {
            var done = new TaskCompletionSource();
            var expected = _version;
            store.After(() =>
            {
                var fails = store.Fails();
                if (fails && store.Coin())
                {
                    done.TrySetException(new IOException("The store is out."));
                }
                else if (!store.TryWrite(id, record, expected))
                {
                    done.TrySetException(new StoreConflictException());
                }
                else if (fails)
                {
                    done.TrySetException(new IOException("The store is out; whether it was written is not known."));
                }
                else
                {
                    if (!cancellationToken.IsCancellationRequested)
                    {
                        _version = expected + 1;
                    }

                    done.TrySetResult();
                }
            });
            return done.Task;
        }
    }

    private bool Coin() => random.Next(2) == 0;

    private void After(Action what) => clock.After(Delay(), what);
}
