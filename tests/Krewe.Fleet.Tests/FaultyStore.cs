using System.Collections.Concurrent;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Tests;

/// <summary>A store that fails or hangs when told.</summary>
internal sealed class FaultyStore : IStateStore
{
    private readonly MemoryStateStore _inner = new();

    public bool FailsReads { get; set; }

    public bool FailsWrites { get; set; }

    public bool Hangs { get; set; }

    public ConcurrentDictionary<(string Kind, string Key), int> Reads { get; } = new();

    public ConcurrentDictionary<(string Kind, string Key), int> Writes { get; } = new();

    public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class => new Faulty<TRecord>(this, (kind, key), _inner.Records<TRecord>(kind, key));

    private sealed class Faulty<TRecord>(FaultyStore owner, (string Kind, string Key) id, IRecordStore<TRecord> inner) : IRecordStore<TRecord>
        where TRecord : class
    {
        public async Task<TRecord?> LoadAsync(CancellationToken cancellationToken)
        {
            owner.Reads.AddOrUpdate(id, 1, static (_, count) => count + 1);
            await FailAsync(owner.FailsReads, cancellationToken);
            return await inner.LoadAsync(cancellationToken);
        }

        public async Task SaveAsync(TRecord record, CancellationToken cancellationToken)
        {
            owner.Writes.AddOrUpdate(id, 1, static (_, count) => count + 1);
            await FailAsync(owner.FailsWrites, cancellationToken);
            await inner.SaveAsync(record, cancellationToken);
        }

        private async Task FailAsync(bool fails, CancellationToken cancellationToken)
        {
            if (owner.Hangs)
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }

            if (fails)
            {
                throw new IOException("The store is out.");
            }
        }
    }
}
