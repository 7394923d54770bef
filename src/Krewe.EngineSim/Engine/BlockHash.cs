using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Engine;

/// <summary>The chain that names a block of tokens by its content and by all that stands before it.</summary>
internal static class BlockHash
{
    /// <summary>What the first block's chain starts from: requests with different salts share nothing.</summary>
    public static ulong Root(ReadOnlySpan<char> salt)
    {
        var hash = 0x452821E638D01377UL;
        foreach (var c in salt)
        {
            hash = SimTokens.Mix(hash ^ c);
        }

        return hash;
    }

    /// <summary>The name of a full block; never 0.</summary>
    public static ulong Next(ulong parent, ReadOnlySpan<int> tokens)
    {
        var hash = parent;
        foreach (var token in tokens)
        {
            hash = (hash ^ (uint)token) * 0x9FB21C651E98DF25;
            hash ^= hash >> 29;
        }

        return SimTokens.Mix(hash) | 1;
    }
}
