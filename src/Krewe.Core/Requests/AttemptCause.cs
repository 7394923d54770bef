namespace Krewe.Core.Requests;

/// <summary>Why an attempt ended: a closed set. What each means is told by <see cref="AttemptCauseFacts"/>.</summary>
public enum AttemptCause
{
    /// <summary>The engine's answer came to its proper end.</summary>
    Completed,

    /// <summary>The incarnation it was bound to is gone or superseded.</summary>
    EpochLost,

    /// <summary>Nothing listens at the engine's address.</summary>
    ConnectionRefused,

    /// <summary>The connection broke before the answer began.</summary>
    ConnectionReset,

    /// <summary>No connection in time.</summary>
    ConnectTimeout,

    /// <summary>The engine answered with a 5xx other than 503, or with an error inside its stream.</summary>
    EngineError,

    /// <summary>The engine answered 429 or 503.</summary>
    EngineOverloaded,

    /// <summary>The engine answered with a 4xx other than 429: the request's own fault.</summary>
    EngineRejected,

    /// <summary>The stream ended or broke before the answer was complete.</summary>
    StreamBroken,

    /// <summary>What the engine sent is not the protocol.</summary>
    MalformedStream,

    /// <summary>Nothing came for longer than the pool's idle limit.</summary>
    IdleTimeout,

    /// <summary>The KV cache did not get from the prefill instance to the decode instance.</summary>
    TransferFailed,

    /// <summary>The engine's address is not within the pool's allow-list; it was not dialled.</summary>
    AddressRefused,

    /// <summary>The client left.</summary>
    ClientGone,

    /// <summary>The request's time was over.</summary>
    DeadlineExceeded,

    /// <summary>This silo shuts down and the grace is over.</summary>
    SiloDraining,

    /// <summary>A fault of Krewe's own broke it off.</summary>
    InternalError,

    /// <summary>The stream could not be continued soundly on this instance, which is not to blame: nothing was asked of it.</summary>
    NotContinued,
}
