using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Tests.Routing.Prefix;

/// <summary>Chains named by words: those of two words are equal as far as the words are.</summary>
internal static class Chains
{
    public static ulong[] Of(string word)
    {
        var chain = new ulong[word.Length];
        var hash = 1UL;
        for (var i = 0; i < word.Length; i++)
        {
            hash = chain[i] = PrefixBlocks.Next(hash, [(byte)word[i]]);
        }

        return chain;
    }
}
