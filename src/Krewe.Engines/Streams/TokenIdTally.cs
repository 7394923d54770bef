using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>
/// The ids of the tokens of one answer as engines tell them (<c>return_token_ids</c>), kept as they were written: a list
/// of numbers without its brackets. One per request; not thread-safe; no allocation per chunk but for growth.
/// </summary>
public sealed class TokenIdTally : IDisposable
{
    /// <summary>How much is kept by default, in bytes of JSON, of prompt and answer each.</summary>
    public const int DefaultMaxBytes = 1 << 20;

    private readonly int _maxBytes;
    private readonly PooledBuffer _prompt = new();
    private readonly PooledBuffer _ids = new();
    private int _count;
    private int _delivered;
    private int _deliveredBytes;
    private int _tailStart;
    private int _tailFirst;

    public TokenIdTally(int maxBytes = DefaultMaxBytes) => _maxBytes = maxBytes;

    /// <summary>The prompt's ids; empty if they were not told.</summary>
    public ReadOnlyMemory<byte> Prompt => _prompt.Memory;

    /// <summary>The answer's ids up to the last chunk that had content.</summary>
    public ReadOnlyMemory<byte> Delivered => _ids.Memory[.._deliveredBytes];

    /// <summary>How many <see cref="Delivered"/> holds.</summary>
    public int DeliveredCount => _delivered;

    /// <summary>Of these, the ones whose text came with the last chunk that had content, and how many.</summary>
    public ReadOnlyMemory<byte> Tail => _ids.Memory[_tailStart.._deliveredBytes];

    public int TailCount => _delivered - _tailFirst;

    /// <summary>How many ids the last chunk with content told: where it was one, its text is that of all tokens so far.</summary>
    public int LastChunkCount { get; private set; }

    /// <summary>The text that came with <see cref="Tail"/>, JSON-escaped, as the chunk had it.</summary>
    public int TailTextBytes { get; private set; }

    /// <summary>Whether there were more than are kept, or some chunk's were missing; then the rest is of no use.</summary>
    public bool IsIncomplete { get; private set; }

    public void Add(in StreamChunk chunk, ReadOnlySpan<byte> data)
    {
        if (_prompt.Length == 0 && !chunk.PromptTokenIds.IsEmpty && chunk.PromptTokenIds.Length <= _maxBytes)
        {
            _prompt.Write(Inside(chunk.PromptTokenIds, data));
        }

        var ids = chunk.TokenIds.IsEmpty ? default : Inside(chunk.TokenIds, data);
        if (_ids.Length + ids.Length + 1 > _maxBytes)
        {
            IsIncomplete = true;
        }

        if (IsIncomplete)
        {
            return;
        }

        var count = ids.IsEmpty ? 0 : ids.Count((byte)',') + 1;
        if (count > 0)
        {
            if (_ids.Length > 0)
            {
                _ids.Write((byte)',');
            }

            _ids.Write(ids);
            _count += count;
        }

        if (chunk.HasContent)
        {
            IsIncomplete |= count == 0;
            _tailStart = _deliveredBytes == 0 ? 0 : _deliveredBytes + 1;
            _tailFirst = _delivered;
            _delivered = _count;
            _deliveredBytes = _ids.Length;
            LastChunkCount = count;
            TailTextBytes = Math.Max(0, chunk.Text.Length - 2);
        }
    }

    /// <summary>Forgets what came after the last chunk that had content, and so many more.</summary>
    public void CutBack(int undelivered)
    {
        for (; undelivered > 0 && _deliveredBytes > 0; undelivered--)
        {
            _deliveredBytes = Math.Max(0, _ids.Span[.._deliveredBytes].LastIndexOf((byte)','));
            _delivered--;
            LastChunkCount--;
        }

        _ids.Truncate(_deliveredBytes);
        _count = _delivered;
        _tailFirst = Math.Min(_tailFirst, _delivered);
        _tailStart = Math.Min(_tailStart, _deliveredBytes);
    }

    public void Dispose()
    {
        _prompt.Dispose();
        _ids.Dispose();
        _deliveredBytes = _tailStart = 0;
    }

    private static ReadOnlySpan<byte> Inside(ByteRange array, ReadOnlySpan<byte> data) => array.In(data)[1..^1].Trim(" \t\r\n"u8);
}
