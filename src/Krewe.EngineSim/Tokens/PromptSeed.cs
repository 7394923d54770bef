namespace Krewe.EngineSim.Tokens;

/// <summary>Which answer a prompt asks for, and from which token on.</summary>
/// <param name="Seed">The answer.</param>
/// <param name="FirstIndex">The first token to generate: how many the prompt already ends with.</param>
internal readonly record struct PromptSeed(ulong Seed, int FirstIndex)
{
    /// <summary>
    /// A prompt that ends with tokens 0 to k-1 of the answer to what stands before them goes on with token k. Anything
    /// else, a partial answer cut inside a token or changed by a chat template too, is a prompt of its own with another
    /// answer: as with a real model, what a wrong continuation gives is plausible and wrong.
    /// </summary>
    /// <param name="prompt">Token ids.</param>
    /// <param name="given">A seed that the request names; else that of the prompt.</param>
    /// <param name="emptyEvery">Every so many tokens have no text, so a text that continues lacks them; 0 = none.</param>
    public static PromptSeed Of(ReadOnlySpan<int> prompt, ulong? given, int emptyEvery)
    {
        var start = prompt.Length - 1;
        while (start >= 0 && SimTokens.IsAnswerToken(prompt[start]) && SimTokens.IndexOf(prompt[start]) != 0)
        {
            start--;
        }

        if (start >= 0 && SimTokens.IsAnswerToken(prompt[start]))
        {
            var seed = given ?? SimTokens.SeedOf(prompt[..start]);
            if (Continues(prompt[start..], seed, emptyEvery, out var next))
            {
                return new PromptSeed(seed, next);
            }
        }

        return new PromptSeed(given ?? SimTokens.SeedOf(prompt), 0);
    }

    private static bool Continues(ReadOnlySpan<int> partial, ulong seed, int emptyEvery, out int next)
    {
        next = 0;
        foreach (var id in partial)
        {
            // Token-id prompts may hold the tokens without text; texts cannot.
            if (id != SimTokens.Id(seed, next) && emptyEvery > 0 && next % emptyEvery == emptyEvery - 1)
            {
                next++;
            }

            if (id != SimTokens.Id(seed, next))
            {
                return false;
            }

            next++;
        }

        return true;
    }
}
