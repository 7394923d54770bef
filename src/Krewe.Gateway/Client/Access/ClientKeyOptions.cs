using Krewe.Core.Identity;
using Krewe.Core.Limits;
using Krewe.Gateway.Access;
using Krewe.Gateway.Control.Access;

namespace Krewe.Gateway.Client.Access;

/// <summary>A client's API key, as configured: its hash, whose it is, and what it may. The key itself is kept nowhere.</summary>
public sealed class ClientKeyOptions
{
    /// <summary>Most models a key may list.</summary>
    public const int MaxModels = 1_000;

    /// <summary>The key's name, which stands in the key itself: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>. It is no secret.</summary>
    public string Id { get; set; } = "";

    /// <summary>Whose key it is: keys of one tenant share its requests and its prefix cache. Default: the key's id.</summary>
    public string? Tenant { get; set; }

    /// <summary>SHA-256 of the key's UTF-8 bytes, as 64 hex digits.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>The models that it may use: names, or beginnings of names followed by <c>*</c>. Default: all.</summary>
    public IList<string> Models { get; set; } = [];

    /// <summary>Most requests a minute, on each silo. Default: no limit.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Most tokens a minute, prompts and answers, on each silo. Default: no limit.</summary>
    public long? TokensPerMinute { get; set; }

    /// <summary>Most requests that run at once, on each silo. Default: no limit.</summary>
    public int? MaxRunning { get; set; }

    /// <summary>When it ends, by the wall clock. Default: never.</summary>
    public DateTimeOffset? Expires { get; set; }

    /// <summary>Its tenant's name.</summary>
    internal string TenantName => Tenant ?? Id;

    internal CallerLimits Limits => new(RequestsPerMinute, TokensPerMinute, MaxRunning);

    /// <summary>What is wrong; empty if nothing. Each message begins with <paramref name="path"/> and the key.</summary>
    internal IEnumerable<string> Validate(string path)
    {
        if (!NameRule.IsValid(Id))
        {
            yield return $"{path}:{nameof(Id)}: must be {NameRule.Description}.";
        }

        if (!NameRule.IsValid(TenantName) || TenantName == TenantId.AnonymousName)
        {
            yield return $"{path}:{nameof(Tenant)}: must be {NameRule.Description}, and not {TenantId.AnonymousName}.";
        }

        if (!BearerToken.IsHash(Sha256))
        {
            yield return $"{path}:{nameof(Sha256)}: must be 64 hex digits, the SHA-256 of the key.";
        }

        if (Models.Count > MaxModels || Models.Any(model => !NamePattern.TryParse(model, out _)))
        {
            yield return $"{path}:{nameof(Models)}: must be at most {MaxModels} names, or beginnings of names followed by *.";
        }

        if (RequestsPerMinute < 1 || TokensPerMinute < 1 || MaxRunning < 1)
        {
            yield return $"{path}: {nameof(RequestsPerMinute)}, {nameof(TokensPerMinute)} and {nameof(MaxRunning)} must be at least 1 where they are given.";
        }
    }
}
