namespace Krewe.Fleet.Ports;

/// <summary>Where a host keeps its actors' records.</summary>
public interface IStateStore
{
    /// <summary>The record of one actor.</summary>
    /// <param name="kind">The kind of actor: <c>instance</c>, <c>pool</c>, <c>pool-index</c>.</param>
    /// <param name="key">The actor's key.</param>
    IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class;
}
