using System.Security.Cryptography;
using System.Text;
using Krewe.Core.Identity;

namespace Krewe.Gateway.Client.Access;

/// <summary>
/// What keeps tenants apart in engines' prefix caches: HMAC-SHA256 of the tenant's name under a secret that no client
/// knows. Requests of different tenants share no cached block, so the time to a first token tells nobody what others ask.
/// </summary>
internal static class CacheSalt
{
    /// <summary>The shortest secret, in characters.</summary>
    public const int ShortestSecret = 32;

    // 192 bits: more than any engine's block hash needs, and short in every body.
    private const int Bytes = 24;

    /// <summary>The salt as a JSON string, for a leg's body.</summary>
    public static ReadOnlyMemory<byte> Of(TenantId tenant, string secret)
    {
        var code = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes("krewe-cache-salt:" + tenant.Value));
        return Encoding.ASCII.GetBytes($"\"{Convert.ToBase64String(code, 0, Bytes).Replace('+', '-').Replace('/', '_')}\"");
    }
}
