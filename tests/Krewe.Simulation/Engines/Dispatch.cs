using Krewe.Core.Identity;

namespace Krewe.Simulation.Engines;

/// <summary>A request as an engine sees it.</summary>
/// <param name="Attempt">Whose.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Seed">What its tokens follow from.</param>
/// <param name="PromptTokens">Length of the prompt.</param>
/// <param name="From">The index of the first token wanted: those before it came with the prompt.</param>
/// <param name="Until">One more than the index of the last token.</param>
/// <param name="Handle">For a decode: the KV cache that the prefill left; 0 where there is none.</param>
internal sealed record Dispatch(AttemptId Attempt, DispatchKind Kind, ulong Seed, int PromptTokens, int From, int Until, ulong Handle)
{
    /// <summary>Whether engines refuse it for a fault of its own.</summary>
    public bool IsUnfit => IsUnfitPrompt(PromptTokens);

    public static bool IsUnfitPrompt(int tokens) => tokens % 89 == 0;
}
