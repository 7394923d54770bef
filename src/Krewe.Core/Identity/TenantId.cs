namespace Krewe.Core.Identity;

/// <summary>
/// On whose behalf a request is made; it comes from the API key, never from the request. Valid by <see cref="NameRule"/>.
/// <c>default</c> is <see cref="Anonymous"/>. What belongs to one tenant does not exist for another.
/// </summary>
public readonly record struct TenantId
{
    /// <summary>How callers without a key are called; no key may have it.</summary>
    public const string AnonymousName = "anonymous";

    private readonly string? _name;

    public TenantId(string value)
    {
        if (!NameRule.IsValid(value))
        {
            throw new ArgumentException($"'{value}' is not a tenant: {NameRule.Description}.", nameof(value));
        }

        _name = value == AnonymousName ? null : value;
    }

    /// <summary>Callers without a key, where they are let in: one tenant, all of them.</summary>
    public static TenantId Anonymous => default;

    public string Value => _name ?? AnonymousName;

    public override string ToString() => Value;
}
