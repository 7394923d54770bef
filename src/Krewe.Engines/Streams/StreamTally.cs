using System.Buffers;
using System.Text;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>
/// The books of one answer as it streams, over all attempts that serve it: tokens, how it ended, and what a continuation
/// on another engine would need. Text is kept as the engine escaped it: pieces of JSON strings joined are a JSON string
/// again, even where an engine cut a surrogate pair in two. One per request; not thread-safe; no allocation per chunk but
/// for growth of the text.
/// </summary>
public sealed class StreamTally : IDisposable
{
    /// <summary>How much text is kept by default, in bytes of JSON: beyond it the answer cannot be continued.</summary>
    public const int DefaultMaxTextBytes = 1 << 20;

    private readonly int _maxTextBytes;
    private readonly PooledBuffer _text = new();
    private readonly PooledBuffer _head = new();
    private ByteRange _id;
    private ByteRange _created;
    private ByteRange _model;

    // Tokens that earlier attempts delivered, and whether their engines told so.
    private int _before;
    private bool _isExactBefore = true;
    private bool _isExact;
    private bool _isDeliveredExact;

    public StreamTally(int maxTextBytes = DefaultMaxTextBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTextBytes);
        _maxTextBytes = maxTextBytes;
    }

    /// <summary>Tokens generated: by the engine's usage where it told, else the chunks with content.</summary>
    public int CompletionTokens { get; private set; }

    /// <summary>
    /// Of these, the ones that were there with the last chunk that had content. An engine holds text back while a
    /// character is not whole, so what it generated after that may not have reached the client.
    /// </summary>
    public int DeliveredTokens { get; private set; }

    /// <summary>Tokens that came with the last chunk that had content. Where it was one, its text is that of all tokens so far.</summary>
    public int LastChunkTokens { get; private set; }

    /// <summary>Tokens of the prompt by the first engine's usage; -1 if it did not tell.</summary>
    public int PromptTokens { get; private set; } = -1;

    /// <summary>Whether <see cref="CompletionTokens"/> is the engines' word, not a count of chunks.</summary>
    public bool IsExact => _isExact && _isExactBefore;

    /// <summary>Whether <see cref="DeliveredTokens"/> is the engines' word, not a count of chunks.</summary>
    public bool IsDeliveredExact => _isDeliveredExact && _isExactBefore;

    /// <summary>Chunks with content.</summary>
    public int ContentChunks { get; private set; }

    public FinishReason Finish { get; private set; }

    public bool RoleSent { get; private set; }

    public bool ReasoningSent { get; private set; }

    public bool ToolCallSent { get; private set; }

    /// <summary>Whether a chunk without choices told the client the usage.</summary>
    public bool UsageSent { get; set; }

    /// <summary>Whether there was more text than is kept; then none is.</summary>
    public bool TextOverflowed { get; private set; }

    /// <summary>Token ids, where the engine was asked for them; else null.</summary>
    public TokenIdTally? Ids { get; set; }

    /// <summary>The text delivered, JSON-escaped, without quotes.</summary>
    public ReadOnlyMemory<byte> EscapedText => _text.Memory;

    /// <summary>The first chunk's <c>id</c>, as JSON; empty if none came.</summary>
    public ReadOnlyMemory<byte> Id => _head.Memory.Slice(_id.Start, _id.Length);

    /// <summary>The first chunk's <c>created</c>, as JSON.</summary>
    public ReadOnlyMemory<byte> Created => _head.Memory.Slice(_created.Start, _created.Length);

    /// <summary>The first chunk's <c>model</c>, as JSON.</summary>
    public ReadOnlyMemory<byte> Model => _head.Memory.Slice(_model.Start, _model.Length);

    /// <summary>
    /// Whether the text ends inside a character: with half a surrogate pair, with an unfinished UTF-8 sequence, or with the
    /// replacement character that some engines send for one.
    /// </summary>
    public bool EndsInsideCharacter
    {
        get
        {
            var text = _text.Span;
            if (text.IsEmpty)
            {
                return false;
            }

            return WithoutHalfPair(text).Length < text.Length
                || Rune.DecodeLastFromUtf8(text, out var last, out _) != OperationStatus.Done
                || last == Rune.ReplacementChar
                || text.EndsWith("\\ufffd"u8) || text.EndsWith("\\uFFFD"u8);
        }
    }

    /// <summary>Begins with what the client holds of an answer that was served elsewhere: the next attempt counts from there.</summary>
    /// <param name="escapedText">Its text, JSON-escaped, without quotes.</param>
    /// <param name="tokens">The tokens that this is; null = not known.</param>
    public void TakeUp(ReadOnlySpan<byte> escapedText, int? tokens)
    {
        RoleSent = true;
        ContentChunks = 1;
        CompletionTokens = DeliveredTokens = _before = tokens ?? 0;
        _isExact = _isDeliveredExact = _isExactBefore = tokens is not null;

        // Of how many tokens the last chunk was made nobody knows here: more than one, so that some may have been held back.
        LastChunkTokens = Math.Min(2, DeliveredTokens);
        Keep(escapedText);
    }

    /// <summary>Books a chunk that is passed on to the client.</summary>
    public void Add(in StreamChunk chunk, ReadOnlySpan<byte> data)
    {
        if (_id.IsEmpty && !chunk.Id.IsEmpty)
        {
            _id = KeepHead(chunk.Id, data);
            _created = KeepHead(chunk.Created, data);
            _model = KeepHead(chunk.Model, data);
        }

        RoleSent |= chunk.HasRole;
        ReasoningSent |= chunk.HasReasoning;
        ToolCallSent |= chunk.HasToolCall;
        if (chunk.Finish != FinishReason.None)
        {
            Finish = chunk.Finish;
        }

        if (chunk.PromptTokens >= 0 && (PromptTokens < 0 || _before == 0))
        {
            // A later engine's prompt holds what was delivered before.
            PromptTokens = Math.Max(0, chunk.PromptTokens - _before);
        }

        CountTokens(chunk);
        Ids?.Add(chunk, data);
        if (chunk.HasText)
        {
            KeepText(chunk.Text, data);
        }
    }

    /// <summary>The attempt broke off: what it generated beyond the last whole token delivered is forgotten, and the next one counts from there.</summary>
    /// <param name="undelivered">Tokens that are found not to have been delivered after all, though they came with a chunk that had text.</param>
    public void CutBack(int undelivered = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(undelivered);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(undelivered, DeliveredTokens);
        DeliveredTokens -= undelivered;
        LastChunkTokens = Math.Max(0, LastChunkTokens - undelivered);
        if (ContentChunks > 0)
        {
            _isExactBefore &= _isDeliveredExact;
        }

        CompletionTokens = _before = DeliveredTokens;
        _isExact = _isDeliveredExact = true;
        Ids?.CutBack(undelivered);
    }

    /// <summary>Writes the text delivered as UTF-8. Half a surrogate pair at the end (a character not yet whole) is left out. False = some half pair stands elsewhere.</summary>
    public bool TryWriteText(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return JsonText.TryUnescape(WithoutHalfPair(_text.Span), output);
    }

    public void Dispose()
    {
        _text.Dispose();
        _head.Dispose();
        Ids?.Dispose();
        _id = _created = _model = default;
    }

    private void CountTokens(in StreamChunk chunk)
    {
        var before = CompletionTokens;
        if (chunk.CompletionTokens >= 0)
        {
            CompletionTokens = _before + chunk.CompletionTokens;
            _isExact = true;
        }
        else if (chunk.HasContent)
        {
            CompletionTokens++;
            _isExact = false;
        }

        if (chunk.HasContent)
        {
            ContentChunks++;
            DeliveredTokens = CompletionTokens;
            LastChunkTokens = CompletionTokens - before;
            _isDeliveredExact = _isExact;
        }
    }

    private void KeepText(ByteRange range, ReadOnlySpan<byte> data)
    {
        if (!TextOverflowed)
        {
            Keep(range.In(data)[1..^1]);
        }
    }

    private void Keep(ReadOnlySpan<byte> text)
    {
        if (_text.Length + text.Length > _maxTextBytes)
        {
            TextOverflowed = true;
            _text.Dispose();
            return;
        }

        _text.Write(text);
    }

    private ByteRange KeepHead(ByteRange range, ReadOnlySpan<byte> data)
    {
        var start = _head.Length;
        _head.Write(range.In(data));
        return new ByteRange(start, range.Length);
    }

    private static ReadOnlySpan<byte> WithoutHalfPair(ReadOnlySpan<byte> escaped)
    {
        const int EscapeLength = 6;
        if (escaped.Length < EscapeLength)
        {
            return escaped;
        }

        var last = escaped[^EscapeLength..];
        var isHigh = last[0] == (byte)'\\' && last[1] == (byte)'u' && (last[2] | 0x20) == 'd'
            && (last[3] is (byte)'8' or (byte)'9' || (last[3] | 0x20) is 'a' or 'b');

        // An escaped backslash before "ud8.." is text, not an escape: count the backslashes.
        var backslashes = 0;
        while (isHigh && backslashes < escaped.Length - EscapeLength && escaped[^(EscapeLength + 1 + backslashes)] == (byte)'\\')
        {
            backslashes++;
        }

        return isHigh && backslashes % 2 == 0 ? escaped[..^EscapeLength] : escaped;
    }
}
