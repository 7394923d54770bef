namespace Krewe.Gateway.Client;

/// <summary>The bytes of request bodies that are held at once: each lasts as long as its request. Thread-safe.</summary>
internal sealed class BodyBudget(long maxBytes)
{
    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held => Volatile.Read(ref _held);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= maxBytes)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _held, -bytes);
}
