namespace Krewe.Core.Bypass;

/// <summary>Whether an instance may be bound without its actor. Closed; each value is a metric tag.</summary>
public enum BypassVerdict
{
    /// <summary>Bound, by what this silo knows.</summary>
    Bound,

    /// <summary>Another epoch is known by now than the one that was routed to.</summary>
    EpochMoved,

    /// <summary>When its actor was last heard it took no new work.</summary>
    NotSchedulable,

    /// <summary>Its breaker lets one trial through at a time, and only its actor counts those.</summary>
    OnTrial,

    /// <summary>By this silo's own counts, on top of what the actor said last, it is full.</summary>
    Full,

    /// <summary>Its actor has not been reached for so long that what it said last counts no more.</summary>
    TooLong,
}
