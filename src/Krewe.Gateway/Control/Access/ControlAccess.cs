using Krewe.Gateway.Access;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Access;

/// <summary>
/// Tells who calls the control port. Tokens are compared by their hashes, in constant time, with every known one. Without
/// a token only this machine is let in, and only where the options say so. Tokens may be replaced while it is in use.
/// </summary>
public sealed class ControlAccess
{
    private readonly bool _allowLoopback;
    private volatile Table _table = new([], []);

    /// <param name="options">Valid ones.</param>
    public ControlAccess(ControlOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _allowLoopback = options.AllowAnonymousLoopback;
        Replace(options.EngineTokens, options.OperatorTokens);
    }

    /// <summary>Puts these tokens, which are valid, in the place of all.</summary>
    /// <param name="engines">Engines' identities.</param>
    /// <param name="operators">SHA-256 of each operator's token, in hex.</param>
    public void Replace(IEnumerable<EngineToken> engines, IEnumerable<string> operators)
    {
        ArgumentNullException.ThrowIfNull(engines);
        ArgumentNullException.ThrowIfNull(operators);
        _table = new Table(
            [.. engines.Select(token => (Convert.FromHexString(token.Sha256), Pattern(token.Pool), Pattern(token.Name)))],
            [.. operators.Select(Convert.FromHexString)]);
    }

    /// <summary>
    /// The caller; null, and why, where nobody is known by these credentials. What lasts asks again from time to time: they
    /// may have been taken back.
    /// </summary>
    internal Caller? Identify(HttpContext http, out ApiError? refusal)
    {
        ArgumentNullException.ThrowIfNull(http);
        refusal = null;
        var table = _table;
        var given = http.Request.Headers.Authorization;
        if (given.Count > 0 && (table.Engines.Length > 0 || table.Operators.Length > 0))
        {
            return FromToken(table, given.Count == 1 ? given[0] : null, out refusal);
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

    private static Caller? FromToken(Table table, string? header, out ApiError? refusal)
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
        foreach (var (known, pool, name) in table.Engines)
        {
            if (BearerToken.Same(hash, known))
            {
                caller.AddOwned(pool, name);
                isKnown = true;
            }
        }

        foreach (var known in table.Operators)
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

    private sealed record Table((byte[] Hash, NamePattern Pool, NamePattern Name)[] Engines, byte[][] Operators);
}
