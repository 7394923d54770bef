using Krewe.Core.Pools;

namespace Krewe.Core.Requests;

/// <summary>
/// Whether a stream that broke after its first chunk can go on without the client noticing. It can where what was
/// delivered, as part of a prompt, leads to the same distribution of what follows; everything else is refused, for a
/// wrong continuation looks right and is not.
/// </summary>
public static class ContinuationRule
{
    public static ContinuationDecision Decide(in ContinuationState state)
    {
        // One choice's end is not the answer's, and a second beginning would show in the others.
        var isSingle = state.Forbidden is not (ContinuationRefusal.MultipleChoices or ContinuationRefusal.ListPrompt);
        if (isSingle && state.IsFinished)
        {
            return new ContinuationDecision(ContinuationKind.Finish);
        }

        if (isSingle && !state.HasContent)
        {
            return new ContinuationDecision(ContinuationKind.Restart, TokensLeft: state.MaxTokens, MinTokensLeft: state.MinTokens);
        }

        var refusal = Refusal(state);
        if (refusal != ContinuationRefusal.None)
        {
            return ContinuationDecision.Refuse(refusal);
        }

        var left = state.MaxTokens - state.TokensDelivered;
        return left <= 0
            ? new ContinuationDecision(ContinuationKind.Finish)
            : new ContinuationDecision(ContinuationKind.Continue, TokensLeft: left, MinTokensLeft: Math.Max(0, state.MinTokens - state.TokensDelivered));
    }

    private static ContinuationRefusal Refusal(in ContinuationState state) =>
        state.Mode == ContinuationMode.Off ? ContinuationRefusal.Off
        : state.Forbidden != ContinuationRefusal.None ? state.Forbidden
        : state.HasToolCall ? ContinuationRefusal.ToolCall
        : state.HasReasoning ? ContinuationRefusal.Reasoning
        : !state.IsTextKept ? ContinuationRefusal.TextOverflow
        : state.EndsInsideCharacter ? ContinuationRefusal.HalfCharacter
        : state.MaxTokens is not null && !state.IsCounted ? ContinuationRefusal.NotCounted
        : ContinuationRefusal.None;
}
