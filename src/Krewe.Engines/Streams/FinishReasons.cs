namespace Krewe.Engines.Streams;

/// <summary>Engines' words for how an answer ended, mapped to OpenAI's.</summary>
public static class FinishReasons
{
    /// <summary>The reason that a JSON string's content names. Foreign words for an ordinary end count as <see cref="FinishReason.Stop"/>.</summary>
    public static FinishReason Parse(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("stop"u8) => FinishReason.Stop,
        _ when word.SequenceEqual("length"u8) => FinishReason.Length,
        _ when word.SequenceEqual("tool_calls"u8) => FinishReason.ToolCalls,
        _ when word.SequenceEqual("content_filter"u8) => FinishReason.ContentFilter,
        _ when word.SequenceEqual("function_call"u8) => FinishReason.FunctionCall,
        _ => ParseForeign(word),
    };

    /// <summary>Whether the word is one of OpenAI's as it is.</summary>
    public static bool IsOpenAI(ReadOnlySpan<byte> word) => word.SequenceEqual(Json(Parse(word))[1..^1]);

    /// <summary>The JSON of a reason, quotes included. Nothing is sent to a client for a failure but an error.</summary>
    public static ReadOnlySpan<byte> Json(FinishReason reason) => reason switch
    {
        FinishReason.None => "null"u8,
        FinishReason.Length => "\"length\""u8,
        FinishReason.ToolCalls => "\"tool_calls\""u8,
        FinishReason.ContentFilter => "\"content_filter\""u8,
        FinishReason.FunctionCall => "\"function_call\""u8,
        _ => "\"stop\""u8,
    };

    private static FinishReason ParseForeign(ReadOnlySpan<byte> word) => word switch
    {
        // The last two are of extensions that hand a request back unserved.
        _ when word.SequenceEqual("abort"u8) || word.SequenceEqual("aborted"u8) || word.SequenceEqual("error"u8)
            || word.SequenceEqual("remote_decode"u8) || word.SequenceEqual("cache_threshold"u8) => FinishReason.Failed,
        _ when word.SequenceEqual("max_tokens"u8) || word.SequenceEqual("max_length"u8) => FinishReason.Length,
        _ when word.SequenceEqual("tool_call"u8) || word.SequenceEqual("tool_use"u8) => FinishReason.ToolCalls,
        _ => FinishReason.Stop,
    };
}
