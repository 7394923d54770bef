namespace Krewe.Client;

/// <summary>The codes of <see cref="KreweException.Code"/> that the client itself gives, or looks at. The service may give others.</summary>
public static class KreweErrorCode
{
    /// <summary>No endpoint could be reached, or the connection broke and nobody could be reached in time.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The call's deadline is over.</summary>
    public const string DeadlineExceeded = "deadline_exceeded";

    /// <summary>No engine can serve the model now.</summary>
    public const string NoInstance = "no_instance";

    /// <summary>The engines are overloaded.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>Too many requests wait for this model.</summary>
    public const string QueueFull = "queue_full";

    /// <summary>Too many requests for this key.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>The node shuts down.</summary>
    public const string Draining = "draining";

    /// <summary>The request is not held anywhere any more.</summary>
    public const string RequestGone = "request_gone";

    /// <summary>The request was ended by its id.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Another connection has taken the stream over.</summary>
    public const string AttachedElsewhere = "attached_elsewhere";

    /// <summary>A stream broke, and what was shown of it does not allow to go on with it.</summary>
    public const string NotResumable = "not_resumable";

    /// <summary>The answer is not what the protocol says.</summary>
    public const string Malformed = "malformed_answer";
}
