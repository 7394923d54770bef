namespace Krewe.Core.Requests;

/// <summary>How a request ends, as its client sees it: a closed set. Status, code and the rest: <see cref="RequestOutcomeFacts"/>.</summary>
public enum RequestOutcome
{
    Completed,
    InvalidRequest,
    InvalidApiKey,
    ModelNotFound,
    RequestTooLarge,

    /// <summary>The client's own quota is used up.</summary>
    RateLimited,

    /// <summary>The pool's queue for requests without room is full.</summary>
    QueueFull,

    /// <summary>No schedulable instance could serve it.</summary>
    NoInstance,

    /// <summary>It waited for room in vain, or every engine tried was full.</summary>
    Overloaded,

    /// <summary>This silo takes no new requests, or its grace is over.</summary>
    Draining,
    DeadlineExceeded,

    /// <summary>Engines failed it, and no attempt is left.</summary>
    EngineError,

    /// <summary>The engine answered with a 4xx, which is passed through with its own status and message.</summary>
    EngineRejected,

    /// <summary>The client left; nothing is sent.</summary>
    ClientGone,

    /// <summary>A resume was asked for of a request that is not here any more.</summary>
    RequestGone,

    /// <summary>A fault of Krewe's own.</summary>
    InternalError,
}
