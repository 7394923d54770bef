using System.Buffers;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Sse;

/// <summary>
/// Finds the events of a <c>text/event-stream</c> in bytes that arrive in pieces, however they are cut. Line ends LF,
/// CR and CRLF, comments, several data lines, a byte order mark, and a last event without its blank line are all
/// understood (WHATWG HTML, "Server-sent events"). One per stream; not thread-safe. No allocation per event unless
/// an event straddles two segments or has several data lines, which use a pooled array.
/// </summary>
public sealed partial class SseParser(SseLimits limits) : IDisposable
{
    private readonly PooledBuffer _whole = new();
    private readonly PooledBuffer _joined = new();

    private bool _started;

    // The LF of a CRLF may come after its CR, in the next piece.
    private bool _skipLineFeed;

    // Of the event under way, from its first byte: where its current line starts, and how far it was looked at.
    private long _lineStart;
    private long _examined;

    public SseParser()
        : this(SseLimits.Default)
    {
    }

    /// <summary>
    /// Takes the next event off the front of <paramref name="buffer"/>. On <see cref="SseStatus.NeedsMore"/> call again
    /// with the same bytes and more behind them.
    /// </summary>
    /// <param name="buffer">What was received and not yet consumed.</param>
    /// <param name="isCompleted">Whether nothing will come behind it.</param>
    /// <param name="sse">The event; empty unless one was found.</param>
    public SseStatus TryRead(ref ReadOnlySequence<byte> buffer, bool isCompleted, out SseEvent sse)
    {
        sse = default;
        while (true)
        {
            if (!SkipBefore(ref buffer, isCompleted))
            {
                return SseStatus.NeedsMore;
            }

            if (_lineStart == 0 && _examined == 0 && TryReadPlain(ref buffer, out sse))
            {
                return SseStatus.Event;
            }

            var length = FindEnd(buffer);
            if (length == TooLarge)
            {
                return SseStatus.TooLarge;
            }

            var isTerminated = length != NotFound;
            if (!isTerminated)
            {
                if (!isCompleted)
                {
                    return SseStatus.NeedsMore;
                }

                if (buffer.IsEmpty)
                {
                    return SseStatus.End;
                }

                length = buffer.Length;
            }

            var raw = Contiguous(buffer.Slice(0, length));
            buffer = buffer.Slice(length);
            _lineStart = 0;
            _examined = 0;
            if (Parse(raw, isTerminated, out sse))
            {
                return SseStatus.Event;
            }
        }
    }

    public void Dispose()
    {
        _whole.Dispose();
        _joined.Dispose();
    }

    /// <summary>The common case in one search: a single data line, LF, LF, all in the first segment.</summary>
    private bool TryReadPlain(ref ReadOnlySequence<byte> buffer, out SseEvent sse)
    {
        sse = default;
        var span = buffer.FirstSpan;
        if (!span.StartsWith("data: "u8))
        {
            return false;
        }

        var end = span.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0 || end > limits.MaxLineBytes || end + 1 >= span.Length || span[end] != (byte)'\n' || span[end + 1] != (byte)'\n')
        {
            return false;
        }

        sse = new SseEvent { Raw = span[..(end + 2)], Data = span["data: ".Length..end], HasData = true, IsPlain = true, IsTerminated = true };
        buffer = buffer.Slice(end + 2);
        return true;
    }

    /// <summary>Drops a byte order mark at the very start, and the rest of a CRLF. False = too few bytes to tell.</summary>
    private bool SkipBefore(ref ReadOnlySequence<byte> buffer, bool isCompleted)
    {
        if (!_started)
        {
            Span<byte> head = stackalloc byte[3];
            var seen = (int)Math.Min(3, buffer.Length);
            buffer.Slice(0, seen).CopyTo(head);
            ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
            if (head[..seen].SequenceEqual(mark[..seen]))
            {
                if (seen < 3 && !isCompleted)
                {
                    return false;
                }

                // A mark cut short by the end of the stream is dropped as well.
                buffer = buffer.Slice(seen);
            }

            _started = true;
        }

        // Inside an event the search itself takes the LF.
        if (_skipLineFeed && _examined == 0 && !buffer.IsEmpty)
        {
            _skipLineFeed = false;
            if (FirstByte(buffer) == (byte)'\n')
            {
                buffer = buffer.Slice(1);
            }
        }

        return true;
    }

    private static byte FirstByte(ReadOnlySequence<byte> buffer)
    {
        foreach (var segment in buffer)
        {
            if (!segment.IsEmpty)
            {
                return segment.Span[0];
            }
        }

        return 0;
    }

    private ReadOnlySpan<byte> Contiguous(ReadOnlySequence<byte> sequence)
    {
        if (sequence.IsSingleSegment)
        {
            return sequence.FirstSpan;
        }

        _whole.Clear();
        foreach (var segment in sequence)
        {
            _whole.Write(segment.Span);
        }

        return _whole.Span;
    }
}
