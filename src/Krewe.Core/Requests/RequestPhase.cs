namespace Krewe.Core.Requests;

/// <summary>Where a request stands. The last three are terminal: exactly one is reached, and nothing follows it.</summary>
public enum RequestPhase
{
    Admitted,

    /// <summary>Waits for room, or for its next attempt.</summary>
    Queued,

    /// <summary>Holds reservations; nothing was dispatched yet.</summary>
    Bound,
    Prefilling,
    Decoding,
    Completed,
    Failed,
    Cancelled,
}
