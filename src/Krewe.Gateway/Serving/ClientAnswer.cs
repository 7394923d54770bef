using Krewe.Gateway.Errors;

namespace Krewe.Gateway.Serving;

/// <summary>
/// How one client is answered, whatever it speaks: in one piece, by a stream of events, or with an error. Used by one
/// call at a time; only <see cref="Abort"/> and <see cref="Cancel"/> may come from another thread.
/// </summary>
internal abstract class ClientAnswer
{
    /// <summary>Cancelled when the client has gone.</summary>
    public abstract CancellationToken Gone { get; }

    /// <summary>Whether the client is to see the usage so far with each event: one that may post its request again has to know how far it came.</summary>
    public virtual bool TellsUsage => false;

    /// <summary>Where a stream's events go. Asked for again at every read of the engine's: it begins the answer only once.</summary>
    public abstract IEventOutput BeginStream();

    /// <summary>Writes what tells a whole stream from a broken one.</summary>
    public abstract void EndStream();

    /// <summary>
    /// Sends what was written. It is not cancelled with an attempt: a write that is cancelled takes the client's
    /// connection with it, and an engine's end is none of the client's.
    /// </summary>
    /// <returns>False where the client takes no more.</returns>
    public abstract ValueTask<bool> FlushAsync();

    /// <summary>Sends an answer that comes in one piece.</summary>
    /// <returns>False where the client takes no more.</returns>
    public abstract ValueTask<bool> SendWholeAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>Tells the client that it failed: properly where nothing was sent, else so that nobody takes what was sent for the whole.</summary>
    public abstract ValueTask FailAsync(ApiError error);

    /// <summary>Drops the client's connection, and with it every write that waits.</summary>
    public abstract void Abort();

    /// <summary>The client, from elsewhere, wants no more of it. From any thread.</summary>
    public virtual void Cancel() => Abort();
}
