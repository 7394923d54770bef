namespace Krewe.Core.Requests;

/// <summary>What becomes of a broken stream, and what the next attempt may still generate.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Refusal">Why it cannot go on; none unless it is refused.</param>
/// <param name="TokensLeft">Tokens that may still be generated, at least 1; null = no limit was given.</param>
/// <param name="MinTokensLeft">Tokens that must still be generated before the answer may end by itself.</param>
public readonly record struct ContinuationDecision(
    ContinuationKind Kind, ContinuationRefusal Refusal = ContinuationRefusal.None, int? TokensLeft = null, int MinTokensLeft = 0)
{
    /// <summary>Whether another attempt could serve the rest.</summary>
    public bool CanGoOn => Kind is ContinuationKind.Restart or ContinuationKind.Continue;

    public static ContinuationDecision Refuse(ContinuationRefusal refusal) => new(ContinuationKind.Refuse, refusal);
}
