using Krewe.Fleet.Ports;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Stores;

/// <summary>The store as one silo reaches it: a process that is gone hears no answer, so that it writes nothing more.</summary>
internal sealed class StoreOfSilo(IStateStore store, SimSilo silo) : IStateStore
{
    public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class => new Rows<TRecord>(store.Records<TRecord>(kind, key), silo);

    private sealed class Rows<TRecord>(IRecordStore<TRecord> rows, SimSilo silo) : IRecordStore<TRecord>
        where TRecord : class
    {
        public async Task<TRecord?> LoadAsync(CancellationToken cancellationToken) => await Heard(rows.LoadAsync(cancellationToken));

        public async Task SaveAsync(TRecord record, CancellationToken cancellationToken) => await await Heard(Task.WhenAny(rows.SaveAsync(record, cancellationToken)));

        private async Task<T> Heard<T>(Task<T> answer)
        {
            var heard = new TaskCompletionSource();
            _ = HearAsync();
            await heard.Task;
            return await answer;

            async Task HearAsync()
            {
                await Task.WhenAny(answer);
                silo.Deliver(() => heard.TrySetResult());
            }
        }
    }
}
