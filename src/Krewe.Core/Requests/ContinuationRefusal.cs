namespace Krewe.Core.Requests;

/// <summary>Why a broken stream is not continued: a closed set. <see cref="ContinuationRefusalFacts"/> names each for metrics.</summary>
public enum ContinuationRefusal
{
    /// <summary>Nothing speaks against it.</summary>
    None,

    /// <summary>The pool's mode is off.</summary>
    Off,

    /// <summary>The engine's protocol has no way to go on after a partial answer.</summary>
    Protocol,

    /// <summary>The chat template changes a partial answer, or could not be tested, and no token ids are known.</summary>
    Template,

    /// <summary>Some of the answer is reasoning, which a partial answer cannot carry.</summary>
    Reasoning,

    /// <summary>A tool call has begun.</summary>
    ToolCall,

    /// <summary>The request forces a tool call: a grammar guides it.</summary>
    ForcedTool,

    /// <summary>A grammar or schema guides the answer, and its state is the engine's.</summary>
    GuidedDecoding,

    /// <summary>Penalties count the answer's tokens, which as part of a prompt would not count.</summary>
    Penalties,

    /// <summary>The sampler's state is the engine's: the same seed would draw its first numbers again.</summary>
    Seed,

    /// <summary>Several choices.</summary>
    MultipleChoices,

    BestOf,

    BeamSearch,

    /// <summary>The prompt is part of the answer.</summary>
    Echo,

    Logprobs,

    /// <summary>Several prompts in one request.</summary>
    ListPrompt,

    /// <summary>The text behind the answer is part of the prompt.</summary>
    Suffix,

    /// <summary>The prompt is no text.</summary>
    PromptEmbeds,

    /// <summary>The client itself continues a partial answer.</summary>
    ClientContinues,

    /// <summary>The answer is longer than what is kept of it.</summary>
    TextOverflow,

    /// <summary>The client has half a character.</summary>
    HalfCharacter,

    /// <summary>There is a limit of tokens, and the engine did not tell how many it generated.</summary>
    NotCounted,

    /// <summary>It could go on, but no other attempt was to be had: none left, no retry budget, no engine, no time.</summary>
    NoAttempt,
}
