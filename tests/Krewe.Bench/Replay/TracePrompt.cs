using System.Buffers.Binary;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Bench.Replay;

/// <summary>What a trace leaves out of a prompt: its tokens, which are a pure function of its block ids, and its chain of hashes.</summary>
internal static class TracePrompt
{
    /// <summary>Token ids for the engine's cache. Where there are no block ids, those of no other request.</summary>
    public static int[] Tokens(TraceRequest request, int number)
    {
        var tokens = new int[request.InputTokens];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = (int)Mix(((ulong)Block(request, number, i / TraceReader.BlockTokens) * TraceReader.BlockTokens) + (ulong)(i % TraceReader.BlockTokens));
        }

        return tokens;
    }

    /// <summary>As the gateway would make it of the token ids: full blocks only.</summary>
    public static ulong[] Chain(TraceRequest request)
    {
        if (request.BlockIds.Length == 0)
        {
            return [];
        }

        const int PerId = TraceReader.BlockTokens / PrefixBlocks.TokensPerBlock;
        var chain = new ulong[Math.Min(PrefixBlocks.MaxBlocks, request.InputTokens / PrefixBlocks.TokensPerBlock)];
        Span<byte> block = stackalloc byte[sizeof(long) + 1];
        var hash = 0UL;
        for (var i = 0; i < chain.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(block, request.BlockIds[i / PerId]);
            block[^1] = (byte)(i % PerId);
            hash = chain[i] = PrefixBlocks.Next(hash, block);
        }

        return chain;
    }

    private static long Block(TraceRequest request, int number, int block) => request.BlockIds.Length > 0 ? request.BlockIds[block] : ~((long)number << 12) - block;

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
