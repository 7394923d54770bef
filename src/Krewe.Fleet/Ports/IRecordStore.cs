namespace Krewe.Fleet.Ports;

/// <summary>The durable record of one actor. One reader and writer at a time: its activation.</summary>
/// <typeparam name="TRecord">An immutable record.</typeparam>
public interface IRecordStore<TRecord>
    where TRecord : class
{
    /// <summary>Reads the record; null when there is none. Later saves are made against the version read here.</summary>
    Task<TRecord?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Writes the record; it is durable when the task ends.</summary>
    /// <exception cref="StoreConflictException">Another activation wrote meanwhile: load again, and let the newer truth win.</exception>
    Task SaveAsync(TRecord record, CancellationToken cancellationToken);
}
