namespace Krewe.Engines.Bodies;

/// <summary>The field names that the scanner knows. The first ones are <see cref="BodyProperty"/>, number for number.</summary>
internal enum KnownName
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
    Krewe,

    N,
    BestOf,
    Echo,
    Logprobs,
    TopLogprobs,
    PromptLogprobs,
    Seed,
    PresencePenalty,
    FrequencyPenalty,
    RepetitionPenalty,
    Tools,
    ToolChoice,
    Functions,
    FunctionCall,
    ResponseFormat,
    StructuredOutputs,
    UseBeamSearch,
    PromptEmbeds,
    Suffix,
    Input,
    VllmXargs,
    Stop,
    ChatTemplate,
    ChatTemplateArguments,

    /// <summary>Any <c>guided_…</c>.</summary>
    Guided,

    /// <summary>Any <c>bootstrap_…</c>, and whatever else engines take from whoever routes.</summary>
    Bootstrap,

    Unknown,
}
