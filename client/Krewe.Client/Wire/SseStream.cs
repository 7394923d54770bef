using System.Buffers.Text;

namespace Krewe.Client.Wire;

/// <summary>Reads server-sent events. What is not ended by an empty line is no event: the stream broke within it.</summary>
internal sealed class SseStream(Stream stream) : IAsyncDisposable
{
    /// <summary>Longest event, bytes.</summary>
    private const int MaxEvent = 16 << 20;

    private byte[] _buffer = new byte[8 << 10];
    private int _start;
    private int _end;
    private byte[] _data = new byte[4 << 10];

    /// <summary>The next event with data; null at the stream's end.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">An event is longer than can be.</exception>
    public async ValueTask<SseItem?> ReadAsync(CancellationToken cancellationToken)
    {
        var (id, length, hasData) = (-1, 0, false);
        while (true)
        {
            var end = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (end < 0)
            {
                if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }

                continue;
            }

            var line = _buffer.AsSpan(_start, end);
            _start += end + 1;
            line = line is [.., (byte)'\r'] ? line[..^1] : line;
            if (line.IsEmpty)
            {
                if (hasData)
                {
                    return new SseItem(id, _data.AsMemory(0, length));
                }

                id = -1;
            }
            else if (line.StartsWith("data:"u8))
            {
                length = Append(Value(line, 5), length, hasData);
                hasData = true;
            }
            else if (line.StartsWith("id:"u8) && Utf8Parser.TryParse(Value(line, 3), out int number, out var used) && used == Value(line, 3).Length)
            {
                id = number;
            }
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int from) => line[from..] is [(byte)' ', .. var rest] ? rest : line[from..];

    private int Append(ReadOnlySpan<byte> value, int length, bool isMore)
    {
        var needed = length + value.Length + 1;
        if (needed > MaxEvent)
        {
            throw new InvalidDataException($"An event is longer than {MaxEvent} bytes.");
        }

        if (needed > _data.Length)
        {
            Array.Resize(ref _data, Math.Max(needed, _data.Length * 2));
        }

        if (isMore)
        {
            _data[length++] = (byte)'\n';
        }

        value.CopyTo(_data.AsSpan(length));
        return length + value.Length;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxEvent)
            {
                throw new InvalidDataException($"A line is longer than {MaxEvent} bytes.");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
