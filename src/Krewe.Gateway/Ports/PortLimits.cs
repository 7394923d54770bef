using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Krewe.Gateway.Ports;

/// <summary>What one caller, or all of them, may ask of a port of the silo before anybody looks at what they want.</summary>
public sealed class PortLimits
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Krewe:Limits";

    /// <summary>Most connections of each port. Default: 20,000.</summary>
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Most headers of a request. Default: 100.</summary>
    public int MaxHeaders { get; set; } = 100;

    /// <summary>Most bytes of all headers of a request. Default: 32 KiB.</summary>
    public int MaxHeaderBytes { get; set; } = 32 << 10;

    /// <summary>Most bytes of the request line. Default: 8 KiB.</summary>
    public int MaxRequestLineBytes { get; set; } = 8 << 10;

    /// <summary>How long a caller may take to send its headers. Default: 10 s.</summary>
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may lie idle. Default: 130 s.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>The slowest that a body may come, in bytes per second. Default: 240.</summary>
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>
    /// The slowest that an answer may be taken, in bytes per second: whoever reads nothing is cut off when what waits for it
    /// (64 KiB at most) should have been read. Default: 1,024.
    /// </summary>
    public int MinAnswerBytesPerSecond { get; set; } = 1024;

    /// <summary>How long it may be slower than that. Default: 5 s.</summary>
    public TimeSpan SlowGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most requests at once on one HTTP/2 connection. Default: 100.</summary>
    public int MaxStreamsPerConnection { get; set; } = 100;

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (key, value, least, most) in new (string, int, int, int)[]
        {
            (nameof(MaxConnections), MaxConnections, 1, 1_000_000),
            (nameof(MaxHeaders), MaxHeaders, 10, 10_000),
            (nameof(MaxHeaderBytes), MaxHeaderBytes, 1 << 10, 1 << 20),
            (nameof(MaxRequestLineBytes), MaxRequestLineBytes, 256, 1 << 20),
            (nameof(MinBytesPerSecond), MinBytesPerSecond, 1, 1 << 20),
            (nameof(MinAnswerBytesPerSecond), MinAnswerBytesPerSecond, 1, 1 << 24),
            (nameof(MaxStreamsPerConnection), MaxStreamsPerConnection, 1, 10_000),
        })
        {
            if (value < least || value > most)
            {
                yield return $"{Section}:{key}: must be {least} to {most}.";
            }
        }

        // The server looks once a second, and takes no shorter grace.
        foreach (var (key, value, least) in new[]
        {
            (nameof(HeadersTimeout), HeadersTimeout, TimeSpan.FromMilliseconds(100)),
            (nameof(KeepAliveTimeout), KeepAliveTimeout, TimeSpan.FromSeconds(1)),
            (nameof(SlowGrace), SlowGrace, TimeSpan.FromSeconds(1.1)),
        })
        {
            if (value < least || value > TimeSpan.FromHours(1))
            {
                yield return $"{Section}:{key}: must be {least.TotalSeconds} s to 1 hour.";
            }
        }
    }

    /// <summary>Sets a server to them.</summary>
    /// <param name="kestrel">The server of one port.</param>
    /// <param name="maxBodyBytes">Largest body there, in bytes.</param>
    public void Apply(KestrelServerOptions kestrel, long maxBodyBytes)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = maxBodyBytes;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.MaxRequestLineSize = MaxRequestLineBytes;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = KeepAliveTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(MinBytesPerSecond, SlowGrace);
        limits.MinResponseDataRate = new MinDataRate(MinAnswerBytesPerSecond, SlowGrace);
        limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;
        limits.Http2.MaxRequestHeaderFieldSize = Math.Min(MaxHeaderBytes, limits.Http2.MaxFrameSize);
    }
}
