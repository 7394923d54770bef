namespace Krewe.Core.Requests;

/// <summary>The words for a <see cref="ContinuationRefusal"/>.</summary>
public static class ContinuationRefusalFacts
{
    /// <summary>The value of the metric label <c>reason</c>.</summary>
    public static string MetricTag(this ContinuationRefusal refusal) => refusal switch
    {
        ContinuationRefusal.None => "none",
        ContinuationRefusal.Off => "off",
        ContinuationRefusal.Protocol => "protocol",
        ContinuationRefusal.Template => "template",
        ContinuationRefusal.Reasoning => "reasoning",
        ContinuationRefusal.ToolCall => "tool_call",
        ContinuationRefusal.ForcedTool => "forced_tool",
        ContinuationRefusal.GuidedDecoding => "guided_decoding",
        ContinuationRefusal.Penalties => "penalties",
        ContinuationRefusal.Seed => "seed",
        ContinuationRefusal.MultipleChoices => "multiple_choices",
        ContinuationRefusal.BestOf => "best_of",
        ContinuationRefusal.BeamSearch => "beam_search",
        ContinuationRefusal.Echo => "echo",
        ContinuationRefusal.Logprobs => "logprobs",
        ContinuationRefusal.ListPrompt => "list_prompt",
        ContinuationRefusal.Suffix => "suffix",
        ContinuationRefusal.PromptEmbeds => "prompt_embeds",
        ContinuationRefusal.ClientContinues => "client_continues",
        ContinuationRefusal.TextOverflow => "text_overflow",
        ContinuationRefusal.HalfCharacter => "half_character",
        ContinuationRefusal.NotCounted => "not_counted",
        ContinuationRefusal.NoAttempt => "no_attempt",
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, null),
    };
}
