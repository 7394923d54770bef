namespace Krewe.Core.Instances.Breaking;

/// <summary>What an attempt's end says of the instance that served it.</summary>
public enum AttemptVerdict
{
    Succeeded,

    /// <summary>Says nothing of the instance: a 4xx is the client's doing.</summary>
    Neutral,

    /// <summary>429 or 503: it lives and is full. Routing steers by load; the breaker does not count it.</summary>
    BackPressure,

    /// <summary>Connection lost, 5xx, timeout, stall, or a malformed answer.</summary>
    Failed,

    /// <summary>Ended by us or the client before its outcome showed.</summary>
    Cancelled,
}
