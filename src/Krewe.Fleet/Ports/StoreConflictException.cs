namespace Krewe.Fleet.Ports;

/// <summary>A record was changed by another writer since it was read.</summary>
public sealed class StoreConflictException : Exception
{
    public StoreConflictException()
        : this("The record was changed by another writer.")
    {
    }

    public StoreConflictException(string message)
        : base(message)
    {
    }

    public StoreConflictException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
