using Krewe.Core.Requests;
using Krewe.Engines.Bodies;

namespace Krewe.Engines.Continuation;

/// <summary>What a request says of its own continuation.</summary>
public static class ContinuationRequest
{
    /// <summary>Tokens of an answer to <c>/v1/completions</c> where no limit is given (OpenAI's API reference; vLLM and SGLang alike).</summary>
    public const int DefaultCompletionTokens = 16;

    private static readonly (RequestTraits Trait, ContinuationRefusal Refusal)[] Forbidding =
    [
        // Those first that also mean more than one answer: the rule asks for them.
        (RequestTraits.MultipleChoices, ContinuationRefusal.MultipleChoices),
        (RequestTraits.ListPrompt, ContinuationRefusal.ListPrompt),
        (RequestTraits.BestOf, ContinuationRefusal.BestOf),
        (RequestTraits.BeamSearch, ContinuationRefusal.BeamSearch),
        (RequestTraits.GuidedDecoding, ContinuationRefusal.GuidedDecoding),
        (RequestTraits.ForcedTool, ContinuationRefusal.ForcedTool),
        (RequestTraits.Penalties, ContinuationRefusal.Penalties),
        (RequestTraits.Seed, ContinuationRefusal.Seed),
        (RequestTraits.Echo, ContinuationRefusal.Echo),
        (RequestTraits.Logprobs | RequestTraits.PromptLogprobs, ContinuationRefusal.Logprobs),
        (RequestTraits.Suffix, ContinuationRefusal.Suffix),
        (RequestTraits.PromptEmbeds, ContinuationRefusal.PromptEmbeds),
        (RequestTraits.ContinuesFinalMessage, ContinuationRefusal.ClientContinues),
    ];

    /// <summary>What the request asks for that forbids a continuation.</summary>
    public static ContinuationRefusal Forbidden(RequestBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        foreach (var (trait, refusal) in Forbidding)
        {
            if (body.HasAny(trait))
            {
                return refusal;
            }
        }

        return ContinuationRefusal.None;
    }

    /// <summary>The most tokens that the answer may have; null = as many as the model has room for.</summary>
    public static int? MaxTokens(RequestBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return body.Endpoint == RequestEndpoint.Completions ? body.MaxTokens ?? DefaultCompletionTokens : body.OutputLimit;
    }

    /// <summary>The fewest.</summary>
    public static int MinTokens(RequestBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Math.Max(body.MinTokens ?? 0, body.MinCompletionTokens ?? 0);
    }
}
