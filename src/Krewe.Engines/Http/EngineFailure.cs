namespace Krewe.Engines.Http;

/// <summary>How a call of an engine failed. Closed; what it means for retries and evidence is the rules' affair.</summary>
public enum EngineFailure
{
    None,

    /// <summary>No process listens there: dead evidence.</summary>
    Refused,

    /// <summary>The connection broke off, or closed before an answer: dead evidence.</summary>
    Reset,

    /// <summary>No connection in time.</summary>
    ConnectTimeout,

    /// <summary>No route, no such host name, or no TLS with it.</summary>
    Unreachable,

    /// <summary>Connected, but no answer in time.</summary>
    TimedOut,

    /// <summary>We gave up: the client is gone, or the deadline is over. The caller knows which.</summary>
    Cancelled,

    /// <summary>The answer stopped before its end.</summary>
    EndedEarly,

    /// <summary>What came is no HTTP, no event stream, or no JSON.</summary>
    MalformedStream,

    /// <summary>A line, an event or a body beyond its limit.</summary>
    TooLarge,

    /// <summary>An HTTP status of 400 or more, or one that no engine should give.</summary>
    ErrorStatus,

    /// <summary>An error inside a stream, or a <c>finish_reason</c> that says that the engine gave up.</summary>
    ErrorEvent,

    /// <summary>Nothing came for too long inside a stream.</summary>
    IdleTimeout,

    /// <summary>The address is outside the pool's allow-list: not a byte was sent.</summary>
    AddressRefused,

    /// <summary>It answered with a redirect, which is never followed.</summary>
    Redirected,
}
