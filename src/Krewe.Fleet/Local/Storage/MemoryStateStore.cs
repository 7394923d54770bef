using System.Collections.Concurrent;
using System.Text.Json;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Storage;

namespace Krewe.Fleet.Local.Storage;

/// <summary>A state store that lives as long as the process: for tests, and for a silo told to keep nothing. Records go through JSON as on disk.</summary>
public sealed class MemoryStateStore : IStateStore
{
    private readonly ConcurrentDictionary<(string Kind, string Key), (long Version, string Body)> _rows = new();

    public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class => new MemoryRecordStore<TRecord>(_rows, (kind, key));

    private sealed class MemoryRecordStore<TRecord>(
        ConcurrentDictionary<(string Kind, string Key), (long Version, string Body)> rows,
        (string Kind, string Key) id) : IRecordStore<TRecord>
        where TRecord : class
    {
        private long _version;

        public Task<TRecord?> LoadAsync(CancellationToken cancellationToken)
        {
            var found = rows.TryGetValue(id, out var row);
            _version = row.Version;
            return Task.FromResult(found ? JsonSerializer.Deserialize<TRecord>(row.Body, StateJson.Options) : null);
        }

        public Task SaveAsync(TRecord record, CancellationToken cancellationToken)
        {
            var next = (Version: _version + 1, Body: JsonSerializer.Serialize(record, StateJson.Options));
            var taken = _version == 0
                ? rows.TryAdd(id, next)
                : rows.TryGetValue(id, out var row) && row.Version == _version && rows.TryUpdate(id, next, row);
            if (!taken)
            {
                return Task.FromException(new StoreConflictException());
            }

            _version = next.Version;
            return Task.CompletedTask;
        }
    }
}
