namespace Krewe.Engines.Sse;

/// <summary>One event of a stream. Its spans are good until the next look at the stream.</summary>
public readonly ref struct SseEvent
{
    /// <summary>All bytes of the event, the blank line behind it included: what to forward if <see cref="IsPlain"/>.</summary>
    public ReadOnlySpan<byte> Raw { get; init; }

    /// <summary>The payload: the <c>data</c> lines, joined by LF.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>The <c>event</c> field; empty if there is none.</summary>
    public ReadOnlySpan<byte> Type { get; init; }

    /// <summary>The <c>id</c> field; empty if there is none.</summary>
    public ReadOnlySpan<byte> Id { get; init; }

    /// <summary>Whether there was a <c>data</c> line. Without one it is a comment (a keep-alive), or fields alone: clients ignore it.</summary>
    public bool HasData { get; init; }

    /// <summary>Whether it is exactly <c>data: …</c>, LF, LF: the form that every client reads, so that it can be forwarded as it is.</summary>
    public bool IsPlain { get; init; }

    /// <summary>False: the stream ended before the blank line. A strict client would drop the event; it may be cut short.</summary>
    public bool IsTerminated { get; init; }

    /// <summary>Whether it is OpenAI's mark of a whole stream, <c>[DONE]</c>.</summary>
    public bool IsDone => Data.SequenceEqual("[DONE]"u8);
}
