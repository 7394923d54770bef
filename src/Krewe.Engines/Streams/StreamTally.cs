using System.Buffers;
using System.Text.Json;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>
/// The books of one answer as it streams: tokens, how it ended, and what a continuation on another engine would need.
/// Text is kept as the engine escaped it: pieces of JSON strings joined are a JSON string again, even where an engine
/// cut a surrogate pair in two. One per request; not thread-safe; no allocation per chunk but for growth of the text.
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

    public StreamTally(int maxTextBytes = DefaultMaxTextBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTextBytes);
        _maxTextBytes = maxTextBytes;
    }

    /// <summary>Tokens generated: by the engine's usage where it told, else the chunks with content.</summary>
    public int CompletionTokens { get; private set; }

    /// <summary>Tokens of the prompt by the engine's usage; -1 if it did not tell.</summary>
    public int PromptTokens { get; private set; } = -1;

    /// <summary>Whether <see cref="CompletionTokens"/> is the engine's word on everything delivered, not a count of chunks.</summary>
    public bool IsExact { get; private set; }

    /// <summary>Chunks with content.</summary>
    public int ContentChunks { get; private set; }

    public FinishReason Finish { get; private set; }

    public bool RoleSent { get; private set; }

    public bool ReasoningSent { get; private set; }

    public bool ToolCallSent { get; private set; }

    /// <summary>Whether there was more text than is kept; then none is.</summary>
    public bool TextOverflowed { get; private set; }

    /// <summary>The text delivered, JSON-escaped, without quotes.</summary>
    public ReadOnlyMemory<byte> EscapedText => _text.Memory;

    /// <summary>The first chunk's <c>id</c>, as JSON; empty if none came.</summary>
    public ReadOnlyMemory<byte> Id => _head.Memory.Slice(_id.Start, _id.Length);

    /// <summary>The first chunk's <c>created</c>, as JSON.</summary>
    public ReadOnlyMemory<byte> Created => _head.Memory.Slice(_created.Start, _created.Length);

    /// <summary>The first chunk's <c>model</c>, as JSON.</summary>
    public ReadOnlyMemory<byte> Model => _head.Memory.Slice(_model.Start, _model.Length);

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

        if (chunk.PromptTokens >= 0)
        {
            PromptTokens = chunk.PromptTokens;
        }

        CountTokens(chunk);
        if (chunk.HasText)
        {
            KeepText(chunk.Text, data);
        }
    }

    /// <summary>Writes the text delivered as UTF-8. Half a surrogate pair at the end (a character not yet whole) is left out. False = some half pair stands elsewhere.</summary>
    public bool TryWriteText(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var escaped = WithoutHalfPair(_text.Span);
        var quoted = ArrayPool<byte>.Shared.Rent(escaped.Length + 2);
        try
        {
            quoted[0] = quoted[escaped.Length + 1] = (byte)'"';
            escaped.CopyTo(quoted.AsSpan(1));
            var reader = new Utf8JsonReader(quoted.AsSpan(0, escaped.Length + 2));
            reader.Read();
            output.Advance(reader.CopyString(output.GetSpan(escaped.Length + 1)));
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }

    public void Dispose()
    {
        _text.Dispose();
        _head.Dispose();
        _id = _created = _model = default;
    }

    private void CountTokens(in StreamChunk chunk)
    {
        if (chunk.HasContent)
        {
            ContentChunks++;
        }

        if (chunk.CompletionTokens >= 0)
        {
            CompletionTokens = chunk.CompletionTokens;
            IsExact = true;
        }
        else if (chunk.HasContent)
        {
            CompletionTokens++;
            IsExact = false;
        }
    }

    private void KeepText(ByteRange range, ReadOnlySpan<byte> data)
    {
        if (TextOverflowed)
        {
            return;
        }

        var text = range.In(data)[1..^1];
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
