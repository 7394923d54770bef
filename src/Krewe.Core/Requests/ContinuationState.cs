using Krewe.Core.Pools;

namespace Krewe.Core.Requests;

/// <summary>A broken stream, as far as it matters for going on with it.</summary>
public readonly record struct ContinuationState
{
    /// <summary>The pool's.</summary>
    public required ContinuationMode Mode { get; init; }

    /// <summary>What the request itself asks for that forbids it.</summary>
    public ContinuationRefusal Forbidden { get; init; }

    /// <summary>Whether the answer's <c>finish_reason</c> was sent.</summary>
    public bool IsFinished { get; init; }

    /// <summary>Whether any text, reasoning or piece of a tool call was sent.</summary>
    public bool HasContent { get; init; }

    public bool HasReasoning { get; init; }

    public bool HasToolCall { get; init; }

    /// <summary>Whether all text that was sent is at hand.</summary>
    public bool IsTextKept { get; init; }

    /// <summary>Whether what was sent ends inside a character.</summary>
    public bool EndsInsideCharacter { get; init; }

    /// <summary>Tokens that were wholly delivered: those that the engine told with the last chunk that had text.</summary>
    public int TokensDelivered { get; init; }

    /// <summary>Whether <see cref="TokensDelivered"/> is the engine's word.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Most tokens of the answer; null = no limit was given.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Fewest tokens of the answer.</summary>
    public int MinTokens { get; init; }
}
