using System.Net;
using System.Security.Cryptography;
using System.Text;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Access;

/// <summary>
/// Tells who calls the control port. Tokens are compared by their hashes, in constant time, with every known one. Without
/// a token only this machine is let in, and only where the options say so.
/// </summary>
internal sealed class ControlAccess
{
    private const string Scheme = "Bearer ";
    private const int LongestToken = 4_096;

    private readonly bool _allowLoopback;
    private readonly (byte[] Hash, NamePattern Pool, NamePattern Name)[] _engines;
    private readonly byte[][] _operators;

    /// <param name="options">Valid ones.</param>
    public ControlAccess(ControlOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _allowLoopback = options.AllowAnonymousLoopback;
        _engines = [.. options.EngineTokens.Select(token => (Convert.FromHexString(token.Sha256), Pattern(token.Pool), Pattern(token.Name)))];
        _operators = [.. options.OperatorTokens.Select(Convert.FromHexString)];
    }

    /// <summary>The caller; null, and why, where nobody is known by these credentials.</summary>
    public Caller? Identify(HttpContext http, out ApiError? refusal)
    {
        ArgumentNullException.ThrowIfNull(http);
        refusal = null;
        var given = http.Request.Headers.Authorization;
        if (given.Count > 0 && (_engines.Length > 0 || _operators.Length > 0))
        {
            return FromToken(given.Count == 1 ? given[0] : null, out refusal);
        }

        if (_allowLoopback && IsThisMachine(http))
        {
            return Caller.OnThisMachine;
        }

        refusal = ApiErrors.Unauthorized(_allowLoopback
            ? "Without a bearer token only this machine itself is served, under a loopback address or localhost, and no page of another origin."
            : "A bearer token is required in the Authorization header.");
        return null;
    }

    private static NamePattern Pattern(string text) =>
        NamePattern.TryParse(text, out var pattern) ? pattern : throw new ArgumentException($"'{text}' is no pattern.", nameof(text));

    /// <summary>
    /// A connection from this machine that speaks for itself: not one that a proxy here passes on, and not a browser that
    /// another site's page, or a name that was turned to this address, has sent here.
    /// </summary>
    private static bool IsThisMachine(HttpContext http)
    {
        var headers = http.Request.Headers;
        return http.Connection.RemoteIpAddress is { } remote
            && IsLoopback(remote)
            && !headers.ContainsKey("X-Forwarded-For")
            && !headers.ContainsKey("Forwarded")
            && IsLoopbackHost(http.Request.Host.Host)
            && (headers.Origin.Count == 0 || IsSameOrigin(headers.Origin.ToString(), http.Request.Host));
    }

    private static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool IsLoopbackHost(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));

    private static bool IsSameOrigin(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, host.Value, StringComparison.OrdinalIgnoreCase);

    private Caller? FromToken(string? header, out ApiError? refusal)
    {
        refusal = null;
        if (header is null || header.Length > LongestToken || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            refusal = ApiErrors.Unauthorized("The Authorization header must be: Bearer, a space, the token.");
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()), hash);
        var caller = Caller.Nobody();
        var isKnown = false;
        foreach (var (known, pool, name) in _engines)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                caller.AddOwned(pool, name);
                isKnown = true;
            }
        }

        foreach (var known in _operators)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                caller.AddOperator();
                isKnown = true;
            }
        }

        if (!isKnown)
        {
            refusal = ApiErrors.Unauthorized("The bearer token is not known.");
        }

        return isKnown ? caller : null;
    }
}
