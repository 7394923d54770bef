namespace Krewe.Engines.Sse;

/// <summary>What a look for the next event came to.</summary>
public enum SseStatus
{
    /// <summary>An event was found.</summary>
    Event,

    /// <summary>No whole event yet.</summary>
    NeedsMore,

    /// <summary>The stream ended, and every event was given out.</summary>
    End,

    /// <summary>A line or an event beyond its limit. The stream is of no more use.</summary>
    TooLarge,
}
