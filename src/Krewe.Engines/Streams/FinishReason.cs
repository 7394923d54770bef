namespace Krewe.Engines.Streams;

/// <summary>Why an answer ended: OpenAI's set, and what engines say besides when they gave up.</summary>
public enum FinishReason
{
    /// <summary>It has not ended.</summary>
    None,
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
    FunctionCall,

    /// <summary>The engine aborted or failed: not a finish, but a failure of the attempt.</summary>
    Failed,
}
