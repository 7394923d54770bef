using System.Security.Cryptography;
using System.Text;

namespace Krewe.Gateway.Access;

/// <summary>Bearer tokens of either port: read from the header, and known by their SHA-256 only.</summary>
/// <remarks>
/// A plain SHA-256 is enough for what is kept: tokens are 256 random bits, which nobody guesses, however fast a guess can be
/// tried. A slow hash protects passwords that people choose; here it would only make every request dear.
/// </remarks>
internal static class BearerToken
{
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const string Scheme = "Bearer ";
    private const int Longest = 4_096;
    private const int OnStack = 512;

    /// <summary>False where the header is not <c>Bearer</c>, a space, and a token of a sane length.</summary>
    public static bool TryRead(string? header, out ReadOnlySpan<char> token)
    {
        token = default;
        if (header is null || header.Length > Longest || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        token = header.AsSpan(Scheme.Length).Trim();
        return !token.IsEmpty;
    }

    /// <summary>SHA-256 of the token's UTF-8 bytes.</summary>
    /// <param name="token">At most 4,096 characters.</param>
    /// <param name="hash">32 bytes.</param>
    public static void Hash(ReadOnlySpan<char> token, Span<byte> hash)
    {
        Span<byte> buffer = stackalloc byte[OnStack];
        var utf8 = Encoding.UTF8.GetMaxByteCount(token.Length) <= OnStack ? buffer : new byte[Encoding.UTF8.GetByteCount(token)];
        utf8 = utf8[..Encoding.UTF8.GetBytes(token, utf8)];
        SHA256.HashData(utf8, hash);
        utf8.Clear();
    }

    /// <summary>Compares hashes in a time that tells nothing of them.</summary>
    public static bool Same(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> known) => CryptographicOperations.FixedTimeEquals(hash, known);

    /// <summary>Whether a text is a SHA-256 in hex.</summary>
    public static bool IsHash(string? text) => text is { Length: HashBytes * 2 } && text.All(char.IsAsciiHexDigit);
}
