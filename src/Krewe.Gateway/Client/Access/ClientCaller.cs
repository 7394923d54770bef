using Krewe.Core.Identity;
using Krewe.Core.Limits;
using Krewe.Core.Routing.Prefix;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client.Access;

/// <summary>Who calls the client port: whose key it is, and what that may.</summary>
public sealed class ClientCaller
{
    private readonly NamePattern[] _models;

    private ClientCaller(TenantId tenant, NamePattern[] models, ReadOnlyMemory<byte> cacheSalt, ClientLimiter? limits)
    {
        Tenant = tenant;
        CacheSalt = cacheSalt;
        PrefixRoot = cacheSalt.IsEmpty ? PrefixBlocks.Root(tenant) : PrefixBlocks.Root(cacheSalt.Span);
        _models = models;
        Limits = limits;
    }

    /// <summary>A caller without a key, where such are let in.</summary>
    public static ClientCaller Anonymous { get; } = new(TenantId.Anonymous, [], default, null);

    /// <summary>Whose requests it may look up, and none else.</summary>
    public TenantId Tenant { get; }

    /// <summary>The JSON string that sets its tenant apart in prefix caches; empty for anonymous callers.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; }

    /// <summary>The key's limits and its books; null for anonymous callers.</summary>
    internal ClientLimiter? Limits { get; }

    /// <summary>What its prompts' chains begin with in the prefix index: as secret as the salt.</summary>
    internal ulong PrefixRoot { get; }

    /// <summary>Whether this model exists for it.</summary>
    public bool MayUse(string model)
    {
        if (_models.Length == 0)
        {
            return true;
        }

        foreach (var pattern in _models)
        {
            if (pattern.Matches(model))
            {
                return true;
            }
        }

        return false;
    }

    internal static ClientCaller Of(ClientKeyOptions key, string secret, ClientLimiter limits)
    {
        var tenant = new TenantId(key.TenantName);
        var models = key.Models.Select(text => NamePattern.TryParse(text, out var pattern) ? pattern : throw new ArgumentException(text, nameof(key)));
        return new ClientCaller(tenant, [.. models], Access.CacheSalt.Of(tenant, secret), limits);
    }

    /// <summary>A request comes, of which nothing is known yet: null where its limits let it in.</summary>
    internal ApiError? Enter(IHeaderDictionary headers) => Limits?.Enter(headers);

    /// <summary>A request that may cost so many tokens is to be served: null, and one <see cref="End"/> is due, where its limits let it.</summary>
    internal ApiError? Begin(long tokens, IHeaderDictionary? headers, out CallerCharge charge)
    {
        charge = default;
        return Limits?.Begin(tokens, headers, out charge);
    }

    /// <summary>It is over: books what it used in place of what was taken.</summary>
    internal void End(CallerCharge charge, long used) => Limits?.End(charge, used);
}
