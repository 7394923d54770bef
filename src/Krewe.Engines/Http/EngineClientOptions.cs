using System.Net.Security;

namespace Krewe.Engines.Http;

/// <summary>How engines are called.</summary>
public sealed record EngineClientOptions
{
    /// <summary>The longest wait for a connection. Default 1 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long an unused connection is kept. Default 4 s: less than the 5 s after which uvicorn, under vLLM and
    /// SGLang, closes its side, which would otherwise break a request that is just being sent.
    /// </summary>
    public TimeSpan IdleConnectionTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// The longest life of a connection, after which the address is resolved and judged anew: so that a name that was moved,
    /// or a network that was taken from the allow-list, is followed. Default 1 min.
    /// </summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long the rest of an answer that is given up may take before the connection is closed. Default 50 ms: long
    /// enough for the end of a whole stream, short enough that an engine notices a cancelled one at once.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The largest set of answer headers, in KiB. Default 32.</summary>
    public int MaxResponseHeadersKiB { get; init; } = 32;

    /// <summary>How engines with an https URL are told from others. Default: as the system does. Names are checked in any case.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Connections to one engine at a time. Default 4096.</summary>
    public int MaxConnectionsPerEngine { get; init; } = 4096;

    /// <summary>Throws, naming the option, where a value is out of range.</summary>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(IdleConnectionTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectionLifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxResponseHeadersKiB, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnectionsPerEngine, 1);
    }
}
