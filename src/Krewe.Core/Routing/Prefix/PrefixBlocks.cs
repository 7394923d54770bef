using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Krewe.Core.Identity;

namespace Krewe.Core.Routing.Prefix;

/// <summary>
/// A prompt as a chain of block hashes: each is made of its block and of the hash before it, so equal hashes mean equal
/// prompts up to there. Only full blocks count. The chain begins with a salt: those of two tenants have nothing in common.
/// Hashes are the same on every silo and release; they are no secret-keeping digests, and never leave the fleet.
/// </summary>
public static class PrefixBlocks
{
    /// <summary>Tokens in a block of the index, whatever an engine's own block size is.</summary>
    public const int TokensPerBlock = 128;

    /// <summary>Bytes of a prompt's JSON that stand for as many tokens, where its token ids are not given.</summary>
    public const int BytesPerBlock = 512;

    /// <summary>Longest chain: what is behind 131,072 tokens is not looked at.</summary>
    public const int MaxBlocks = 1024;

    private const ulong Odd0 = 0x9E3779B97F4A7C15;
    private const ulong Odd1 = 0xC2B2AE3D27D4EB4F;
    private const ulong Odd2 = 0x165667B19E3779F9;
    private const ulong Odd3 = 0xD6E8FEB86659FD93;
    private const int Lanes = 4 * sizeof(ulong);

    /// <summary>What a tenant's chains begin with.</summary>
    public static ulong Root(TenantId tenant)
    {
        var name = tenant.Value;
        Span<byte> utf8 = stackalloc byte[NameRule.MaxLength];
        return Next(Odd0, utf8[..Encoding.UTF8.GetBytes(name, utf8)]);
    }

    /// <summary>What chains begin with that have this salt.</summary>
    public static ulong Root(ReadOnlySpan<byte> salt) => Next(Odd0, salt);

    /// <summary>The hash of a block behind the one that hashes to <paramref name="parent"/>.</summary>
    public static ulong Next(ulong parent, ReadOnlySpan<byte> block)
    {
        // Four chains side by side, so that a multiplication need not wait for the one before it.
        ulong a = parent, b = parent ^ Odd1, c = parent ^ Odd2, d = parent ^ (ulong)block.Length;
        var rest = block;
        while (rest.Length >= Lanes)
        {
            a = Step(a, BinaryPrimitives.ReadUInt64LittleEndian(rest), Odd0);
            b = Step(b, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]), Odd1);
            c = Step(c, BinaryPrimitives.ReadUInt64LittleEndian(rest[16..]), Odd2);
            d = Step(d, BinaryPrimitives.ReadUInt64LittleEndian(rest[24..]), Odd3);
            rest = rest[Lanes..];
        }

        foreach (var last in rest)
        {
            a = Step(a, last, Odd0);
        }

        return Mix(Mix(Mix(Mix(a) + b) + c) + d);
    }

    /// <summary>The same of a block of token ids.</summary>
    /// <param name="parent">The hash of the block before.</param>
    /// <param name="tokens">At most <see cref="TokensPerBlock"/> ids.</param>
    public static ulong Next(ulong parent, ReadOnlySpan<int> tokens)
    {
        Span<byte> block = stackalloc byte[TokensPerBlock * sizeof(int)];
        for (var i = 0; i < tokens.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(block[(i * sizeof(int))..], tokens[i]);
        }

        return Next(parent, block[..(tokens.Length * sizeof(int))]);
    }

    /// <summary>The chain of a text's full blocks.</summary>
    public static ulong[] OfText(ulong root, ReadOnlySpan<byte> utf8)
    {
        var count = Math.Min(utf8.Length / BytesPerBlock, MaxBlocks);
        if (count == 0)
        {
            return [];
        }

        var chain = new ulong[count];
        for (var i = 0; i < count; i++)
        {
            root = chain[i] = Next(root, utf8.Slice(i * BytesPerBlock, BytesPerBlock));
        }

        return chain;
    }

    private static ulong Step(ulong lane, ulong word, ulong odd) => BitOperations.RotateLeft((lane ^ word) * odd, 31);

    // The finalizer of SplitMix64: every bit of the input moves every bit of the result.
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
