namespace Krewe.Engines.Bodies;

/// <summary>The top-level fields of a body that a leg may have to remove, replace or add.</summary>
public enum BodyProperty
{
    Model,
    Stream,
    StreamOptions,
    MaxTokens,
    MaxCompletionTokens,
    MinTokens,
    MinCompletionTokens,
    Messages,
    Prompt,
    KvTransferParams,
    CacheSalt,
    Priority,
    DisaggregatedParams,
    ContinueFinalMessage,
    AddGenerationPrompt,
    ReturnTokenIds,

    /// <summary>Our own object; no engine sees it.</summary>
    Krewe,
}
