using System.Security.Cryptography;
using System.Text;
using Krewe.Core.Identity;

namespace Krewe.Gateway.Client.Access;

/// <summary>What an API key looks like: <c>krewe_</c>, its id, <c>_</c>, and 64 hex digits (256 random bits).</summary>
public static class ClientKey
{
    private const string Prefix = "krewe_";
    private const int SecretBytes = 32;

    /// <summary>A new key, and the SHA-256 of it as 64 hex digits, which is what is configured.</summary>
    /// <param name="id">Valid by <see cref="NameRule"/>.</param>
    public static (string Key, string Sha256) New(string id)
    {
        if (!NameRule.IsValid(id))
        {
            throw new ArgumentException($"'{id}' is not an id: {NameRule.Description}.", nameof(id));
        }

        return WithHash($"{Prefix}{id}_{Secret()}");
    }

    /// <summary>A new bearer token for the control port, or a secret, of 256 random bits; and its SHA-256.</summary>
    public static (string Token, string Sha256) NewToken() => WithHash(Secret());

    /// <summary>The id in a key; what is no key of this form has none.</summary>
    internal static bool TryGetId(ReadOnlySpan<char> key, out ReadOnlySpan<char> id)
    {
        id = default;
        var end = key.LastIndexOf('_');
        if (!key.StartsWith(Prefix, StringComparison.Ordinal) || end <= Prefix.Length)
        {
            return false;
        }

        id = key[Prefix.Length..end];
        return id.Length <= NameRule.MaxLength;
    }

    private static string Secret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    private static (string Text, string Sha256) WithHash(string text) =>
        (text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
}
