using Krewe.Core.Identity;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Pools;

/// <summary>Knows which pools there are. There is one; it is asked at a silo's start and told of new pools, never on a request's way.</summary>
public sealed class PoolIndexActor
{
    public const string Kind = "pool-index";

    public const string Key = "all";

    /// <summary>Most pools.</summary>
    public const int MaxPools = 1_000;

    private readonly IRecordStore<PoolIndexRecord> _store;
    private readonly FleetServices _services;
    private readonly RecordWriter<PoolIndexRecord> _writer;
    private readonly SortedSet<PoolName> _pools = new(Comparer<PoolName>.Create((left, right) => string.CompareOrdinal(left.Value, right.Value)));
    private Task _written = Task.CompletedTask;
    private Monotonic _savedAt;

    public PoolIndexActor(IRecordStore<PoolIndexRecord> store, FleetServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _store = store;
        _services = services;
        _writer = new RecordWriter<PoolIndexRecord>(store, services.Time, services.Options.StoreWriteTimeout, Reconcile, (failed, _) => OnStore(failed));
    }

    public async ValueTask ActivateAsync()
    {
        try
        {
            using var bound = new CancellationTokenSource(_services.Options.StoreReadTimeout, _services.Time);
            if (await _store.LoadAsync(bound.Token).WaitAsync(bound.Token) is { } record)
            {
                _pools.UnionWith(record.Pools);
                _savedAt = _services.Time.GetMonotonic();
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The first write will conflict with what is stored, and bring it in.
            _services.Instruments.OnStoreFailure();
        }
    }

    public ValueTask DeactivateAsync() => new(_writer.StopAsync(_services.Options.StoreWriteTimeout));

    /// <exception cref="InvalidOperationException">There are <see cref="MaxPools"/> pools already.</exception>
    public async ValueTask AddAsync(PoolName pool)
    {
        if (_pools.Contains(pool))
        {
            return;
        }

        if (_pools.Count >= MaxPools)
        {
            throw new InvalidOperationException($"There are {MaxPools} pools already.");
        }

        _pools.Add(pool);
        Save();
        await Task.WhenAny(_written.InTurn(), Task.Delay(_services.Options.DurableReplyWait, _services.Time, CancellationToken.None));
    }

    /// <summary>The pools. Asked now and then, it also writes them again: a store that was emptied would say so to nobody else.</summary>
    public IReadOnlyList<PoolName> List()
    {
        if (_pools.Count > 0 && _written.IsCompleted && _services.Time.GetMonotonic() - _savedAt >= _services.Options.RewriteInterval)
        {
            Save();
        }

        return [.. _pools];
    }

    private void Save()
    {
        _savedAt = _services.Time.GetMonotonic();
        _written = _writer.WriteAsync(new PoolIndexRecord([.. _pools]));
    }

    private PoolIndexRecord Reconcile(PoolIndexRecord ours, PoolIndexRecord? stored)
    {
        _pools.UnionWith(stored?.Pools ?? []);
        return new PoolIndexRecord([.. _pools]);
    }

    private void OnStore(bool failed)
    {
        if (failed)
        {
            _services.Instruments.OnStoreFailure();
        }
    }
}
