namespace Krewe.Engines.Bodies;

/// <summary>What a request asks for that limits how it may be split between engines or continued after a failure.</summary>
[Flags]
public enum RequestTraits
{
    None = 0,

    /// <summary><c>n</c> above 1.</summary>
    MultipleChoices = 1 << 0,

    /// <summary><c>best_of</c> above 1.</summary>
    BestOf = 1 << 1,

    /// <summary>More than one prompt in one request.</summary>
    ListPrompt = 1 << 2,

    Echo = 1 << 3,

    /// <summary><c>logprobs</c> or <c>top_logprobs</c>.</summary>
    Logprobs = 1 << 4,

    /// <summary><c>prompt_logprobs</c>.</summary>
    PromptLogprobs = 1 << 5,

    /// <summary>A presence, frequency or repetition penalty that is not neutral.</summary>
    Penalties = 1 << 6,

    Seed = 1 << 7,

    /// <summary><c>tools</c> or <c>functions</c>, not empty.</summary>
    Tools = 1 << 8,

    /// <summary><c>tool_choice</c> is <c>required</c> or names a function; or <c>function_call</c> does.</summary>
    ForcedTool = 1 << 9,

    /// <summary><c>response_format</c> other than text, <c>guided_*</c> or <c>structured_outputs</c>.</summary>
    GuidedDecoding = 1 << 10,

    BeamSearch = 1 << 11,

    /// <summary><c>prompt_embeds</c>.</summary>
    PromptEmbeds = 1 << 12,

    /// <summary><c>continue_final_message</c>, or no generation prompt: the client itself continues a partial answer.</summary>
    ContinuesFinalMessage = 1 << 13,

    /// <summary>Completions' <c>suffix</c>.</summary>
    Suffix = 1 << 14,

    /// <summary><c>stop</c>, not empty: engines hold text back that may begin a stop string.</summary>
    StopStrings = 1 << 15,

    /// <summary><c>chat_template</c> or <c>chat_template_kwargs</c>: how messages become a prompt is this request's own.</summary>
    OwnTemplate = 1 << 16,

    /// <summary><c>return_token_ids</c>.</summary>
    TokenIds = 1 << 17,
}
