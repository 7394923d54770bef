using Krewe.Fleet.Ports;
using Orleans.Storage;

namespace Krewe.Orleans.Storage;

/// <summary>The actors' records in grain storage.</summary>
internal sealed class GrainStateStore(IGrainStorage storage, StorageLane lane) : IStateStore
{
    /// <summary>The storage's name among the silo's grain storages.</summary>
    public const string StorageName = "krewe";

    // The key is never the grain's own: storages read a key of hexadecimal digits as a number, and the pools "a1" and "A1" would share a row.
    private static readonly GrainType RecordType = GrainType.Create("krewe");

    public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class =>
        new GrainRecordStore<TRecord>(storage, lane, kind, GrainId.Create(RecordType, $"{kind}/{key}"));
}
