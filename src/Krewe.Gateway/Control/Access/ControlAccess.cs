using Krewe.Gateway.Access;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Access;

/// <summary>
/// Tells who calls the control port. Tokens are compared by their hashes, in constant time, with every known one. Without
/// a token only this machine is let in, and only where the options say so.
/// </summary>
internal sealed class ControlAccess
{
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

        if (_allowLoopback && Loopback.IsThisMachine(http))
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

    private Caller? FromToken(string? header, out ApiError? refusal)
    {
        refusal = null;
        if (!BearerToken.TryRead(header, out var token))
        {
            refusal = ApiErrors.Unauthorized("The Authorization header must be: Bearer, a space, the token.");
            return null;
        }

        Span<byte> hash = stackalloc byte[BearerToken.HashBytes];
        BearerToken.Hash(token, hash);
        var caller = Caller.Nobody();
        var isKnown = false;
        foreach (var (known, pool, name) in _engines)
        {
            if (BearerToken.Same(hash, known))
            {
                caller.AddOwned(pool, name);
                isKnown = true;
            }
        }

        foreach (var known in _operators)
        {
            if (BearerToken.Same(hash, known))
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
