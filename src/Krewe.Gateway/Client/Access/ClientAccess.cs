using System.Collections.Frozen;
using Krewe.Core.Limits;
using Krewe.Core.Requests;
using Krewe.Gateway.Access;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client.Access;

/// <summary>
/// Tells who calls the client port. A key names itself (<see cref="ClientKey"/>), so that it is found without comparing, and
/// is then compared by its hash in constant time, also where nobody has that name. Keys may be replaced while it is in use.
/// </summary>
public sealed class ClientAccess
{
    private static readonly byte[] NobodysHash = new byte[BearerToken.HashBytes];

    private readonly bool _allowLoopback;
    private readonly bool _allowAnonymous;
    private readonly string _secret;
    private readonly TimeProvider _time;
    private volatile Table _table = new([]);

    /// <param name="options">Valid ones.</param>
    /// <param name="time">The clock of limits and of keys that end.</param>
    public ClientAccess(ClientPortOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _allowLoopback = options.AllowAnonymousLoopback;
        _allowAnonymous = options.AllowAnonymous;
        _secret = options.CacheSecret ?? "";
        _time = time;
        Replace(options.Keys);
    }

    /// <summary>How many keys there are.</summary>
    public int Count => _table.Keys.Count;

    /// <summary>Puts these keys, which are valid, in the place of all. A key that was there goes on with its books, whatever else of it has changed.</summary>
    public void Replace(IEnumerable<ClientKeyOptions> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var before = _table.Keys;
        _table = new Table(keys.Select(key => new Entry(
            key.Id,
            Convert.FromHexString(key.Sha256),
            key.Expires,
            ClientCaller.Of(key, _secret, Limiter(key.Limits, before.TryGetValue(key.Id, out var known) ? known.Caller.Limits : null)))));
    }

    /// <summary>The caller; null, and why, where nobody is known by these credentials.</summary>
    internal ClientCaller? Identify(HttpContext http, out ApiError? refusal)
    {
        refusal = null;
        var table = _table;
        var given = http.Request.Headers.Authorization;

        // OpenAI's clients send some key in any case; where there are none, it says nothing.
        if (given.Count > 0 && table.Keys.Count > 0)
        {
            if (given.Count == 1 && BearerToken.TryRead(given[0], out var key) && Find(table, key) is { } caller)
            {
                return caller;
            }
        }
        else if (_allowAnonymous || (_allowLoopback && Loopback.IsThisMachine(http)))
        {
            return ClientCaller.Anonymous;
        }

        refusal = given.Count > 0 && table.Keys.Count > 0 ? WrongKey : NoKey;
        return null;
    }

    /// <summary>The caller with this key's id, for what is known by other means than the key; null if there is none.</summary>
    internal ClientCaller? Find(string id) => _table.Keys.TryGetValue(id, out var entry) ? entry.Caller : null;

    private static ApiError NoKey { get; } = ApiErrors.Of(
        RequestOutcome.InvalidApiKey, "An API key is required, as a bearer token in the Authorization header.");

    // Unknown, ended, malformed: nobody learns which.
    private static ApiError WrongKey { get; } = ApiErrors.Of(RequestOutcome.InvalidApiKey, "The API key is not valid.");

    private ClientLimiter Limiter(CallerLimits limits, ClientLimiter? known)
    {
        known?.Change(limits);
        return known ?? new ClientLimiter(limits, _time);
    }

    private ClientCaller? Find(Table table, ReadOnlySpan<char> key)
    {
        Span<byte> hash = stackalloc byte[BearerToken.HashBytes];
        BearerToken.Hash(key, hash);
        var entry = ClientKey.TryGetId(key, out var id) && table.ById.TryGetValue(id, out var found) ? found : null;
        var isSame = BearerToken.Same(hash, entry?.Hash ?? NobodysHash);
        return isSame && entry is not null && !(entry.Expires <= _time.GetUtcNow()) ? entry.Caller : null;
    }

    private sealed record Entry(string Id, byte[] Hash, DateTimeOffset? Expires, ClientCaller Caller);

    private sealed class Table
    {
        public Table(IEnumerable<Entry> entries)
        {
            Keys = entries.ToFrozenDictionary(entry => entry.Id, StringComparer.Ordinal);
            ById = Keys.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public FrozenDictionary<string, Entry> Keys { get; }

        public FrozenDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> ById { get; }
    }
}
