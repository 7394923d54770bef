using System.Buffers;

namespace Krewe.Engines.Sse;

public sealed partial class SseParser
{
    private const long NotFound = -1;
    private const long TooLarge = -2;

    /// <summary>Looks for the blank line that ends the event, from where the last look stopped. The event's length with it, or a negative mark.</summary>
    private long FindEnd(ReadOnlySequence<byte> buffer)
    {
        var offset = 0L;
        foreach (var segment in buffer)
        {
            var span = segment.Span;
            var at = (int)Math.Max(0, Math.Min(_examined - offset, span.Length));
            while (at < span.Length)
            {
                if (_examined == _lineStart && _skipLineFeed)
                {
                    _skipLineFeed = false;
                    if (span[at] == (byte)'\n')
                    {
                        at++;
                        _lineStart++;
                        _examined++;
                        continue;
                    }
                }

                var found = span[at..].IndexOfAny((byte)'\n', (byte)'\r');
                if (found < 0)
                {
                    _examined = offset + span.Length;
                    break;
                }

                at += found;
                var isBlank = offset + at == _lineStart;
                var isCarriageReturn = span[at] == (byte)'\r';
                if (offset + at - _lineStart > limits.MaxLineBytes)
                {
                    return TooLarge;
                }

                at++;
                _lineStart = _examined = offset + at;
                _skipLineFeed = isCarriageReturn;
                if (_examined > limits.MaxEventBytes)
                {
                    return TooLarge;
                }

                if (isBlank)
                {
                    return WithLineFeed(buffer, offset + at);
                }
            }

            offset += span.Length;
        }

        return _examined - _lineStart > limits.MaxLineBytes || _examined > limits.MaxEventBytes ? TooLarge : NotFound;
    }

    /// <summary>Takes the LF of a CRLF into the event if it is there already, so that raw bytes do not depend on how they were cut where they need not.</summary>
    private long WithLineFeed(ReadOnlySequence<byte> buffer, long length)
    {
        if (!_skipLineFeed || length >= buffer.Length)
        {
            return length;
        }

        _skipLineFeed = false;
        return FirstByte(buffer.Slice(length)) == (byte)'\n' ? length + 1 : length;
    }

    /// <summary>Reads the fields of one event. False = it holds nothing at all (blank lines).</summary>
    private bool Parse(ReadOnlySpan<byte> raw, bool isTerminated, out SseEvent sse)
    {
        var rest = raw;
        ReadOnlySpan<byte> data = default, type = default, id = default;
        var dataLines = 0;
        var lines = 0;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + (rest[end..] is [(byte)'\r', (byte)'\n', ..] ? 2 : 1))..];
            if (line.IsEmpty)
            {
                continue;
            }

            lines++;
            var colon = line.IndexOf((byte)':');
            var name = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? default : line[(colon + 1)..];
            value = value is [(byte)' ', ..] ? value[1..] : value;
            if (name.SequenceEqual("data"u8))
            {
                data = AddDataLine(data, value, dataLines++);
            }
            else if (name.SequenceEqual("event"u8))
            {
                type = value;
            }
            else if (name.SequenceEqual("id"u8) && !value.Contains((byte)0))
            {
                id = value;
            }
        }

        sse = new SseEvent { Raw = raw, Data = data, Type = type, Id = id, HasData = dataLines > 0, IsTerminated = isTerminated, IsPlain = false };
        if (lines == 1 && dataLines == 1 && isTerminated && IsPlain(raw, data))
        {
            sse = new SseEvent { Raw = raw, Data = data, HasData = true, IsTerminated = true, IsPlain = true };
        }

        return lines > 0;
    }

    private static bool IsPlain(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> data) =>
        raw.Length == data.Length + 8 && raw.StartsWith("data: "u8) && raw.EndsWith("\n\n"u8);

    private ReadOnlySpan<byte> AddDataLine(ReadOnlySpan<byte> data, ReadOnlySpan<byte> line, int before)
    {
        if (before == 0)
        {
            return line;
        }

        if (before == 1)
        {
            _joined.Clear();
            _joined.Write(data);
        }

        _joined.Write((byte)'\n');
        _joined.Write(line);
        return _joined.Span;
    }
}
