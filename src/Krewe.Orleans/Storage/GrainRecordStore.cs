using Krewe.Fleet.Ports;
using Orleans.Storage;

namespace Krewe.Orleans.Storage;

/// <summary>
/// One actor's record in grain storage. It reads when the actor asks, with the actor's bound: a state that Orleans loads
/// itself is loaded before the activation, which a store that is out would then prevent.
/// </summary>
/// <remarks>
/// Called in turns of its grain. A call that its caller has given up may still end, late: what it brings is dropped, and
/// the version it read or wrote with it. If it wrote, the next save conflicts, and is reconciled.
/// </remarks>
internal sealed class GrainRecordStore<TRecord>(IGrainStorage storage, StorageLane lane, string stateName, GrainId id) : IRecordStore<TRecord>
    where TRecord : class
{
    private long _call;
    private string? _etag;
    private bool _exists;

    public async Task<TRecord?> LoadAsync(CancellationToken cancellationToken)
    {
        var call = ++_call;
        var read = new GrainState<StoredRecord>(new StoredRecord());
        await lane.RunAsync(() => storage.ReadStateAsync(stateName, id, read, cancellationToken), cancellationToken);

        // What cannot be understood is not ours to overwrite: its version is taken only after it was read.
        var record = read.RecordExists ? read.State?.Read<TRecord>() : null;
        Take(call, read);
        return record;
    }

    public async Task SaveAsync(TRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var call = ++_call;
        var written = new GrainState<StoredRecord>(StoredRecord.Of(record), _etag) { RecordExists = _exists };
        try
        {
            await lane.RunAsync(() => storage.WriteStateAsync(stateName, id, written, cancellationToken), cancellationToken);
        }
        catch (InconsistentStateException error)
        {
            throw new StoreConflictException(error.Message, error);
        }

        Take(call, written);
    }

    private void Take(long call, GrainState<StoredRecord> state)
    {
        if (call == _call)
        {
            _etag = state.ETag;
            _exists = state.RecordExists;
        }
    }
}
