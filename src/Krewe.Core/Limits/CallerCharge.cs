namespace Krewe.Core.Limits;

/// <summary>What a request that runs was let in with, to be settled at its end.</summary>
public readonly record struct CallerCharge
{
    internal CallerCharge(TokenBucket? from, long tokens) => (From, Tokens) = (from, tokens);

    /// <summary>What the tokens were taken from; null where nothing was limited.</summary>
    internal TokenBucket? From { get; }

    internal long Tokens { get; }
}
