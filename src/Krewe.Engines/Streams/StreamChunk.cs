using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>What matters of one payload. Ranges are into the payload that was inspected, and cover JSON values as written, quotes included.</summary>
public struct StreamChunk
{
    public ChunkKind Kind { get; internal set; }

    /// <summary>How the answer ended, if it did in this chunk. With several choices: <see cref="FinishReason.Failed"/> if any failed, else the last.</summary>
    public FinishReason Finish { get; internal set; }

    /// <summary>Whether a <c>finish_reason</c> is not one of OpenAI's words.</summary>
    public bool HasForeignFinish { get; internal set; }

    /// <summary>Choices in this chunk.</summary>
    public int ChoiceCount { get; internal set; }

    public bool HasRole { get; internal set; }

    /// <summary>Whether it carries answer text, not empty.</summary>
    public bool HasText { get; internal set; }

    public bool HasReasoning { get; internal set; }

    public bool HasToolCall { get; internal set; }

    /// <summary>The text of the first choice that has some.</summary>
    public ByteRange Text { get; internal set; }

    /// <summary>The <c>usage.prompt_tokens</c>; -1 if not given.</summary>
    public int PromptTokens { get; internal set; }

    /// <summary>The <c>usage.completion_tokens</c>; -1 if not given.</summary>
    public int CompletionTokens { get; internal set; }

    public ByteRange Id { get; internal set; }

    public ByteRange Created { get; internal set; }

    public ByteRange Model { get; internal set; }

    /// <summary>The <c>usage</c> value; empty if it is not there or null.</summary>
    public ByteRange Usage { get; internal set; }

    /// <summary>Where the name of <c>usage</c> starts, with its quote; only where <see cref="Usage"/> is not empty.</summary>
    public int UsageNameStart { get; internal set; }

    /// <summary>The first choice's <c>role</c> value; empty if it is not there or null.</summary>
    public ByteRange Role { get; internal set; }

    /// <summary>The first choice's <c>token_ids</c> array; empty if it is not there or null.</summary>
    public ByteRange TokenIds { get; internal set; }

    /// <summary>The <c>prompt_token_ids</c> array, which engines have in the chunk or in its choice; empty if it is not there or null.</summary>
    public ByteRange PromptTokenIds { get; internal set; }

    /// <summary>The <c>kv_transfer_params</c> object of a prefill's reply; empty if it is not there or null.</summary>
    public ByteRange KvTransferParams { get; internal set; }

    /// <summary>Whether anything was generated in it: text, reasoning or a piece of a tool call.</summary>
    public readonly bool HasContent => HasText || HasReasoning || HasToolCall;
}
