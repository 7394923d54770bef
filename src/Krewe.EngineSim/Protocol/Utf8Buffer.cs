using System.Buffers;
using System.Globalization;
using System.Text;

namespace Krewe.EngineSim.Protocol;

/// <summary>A growing buffer of UTF-8 from the shared pool, for what is written by hand. Give it back after use.</summary>
internal sealed class Utf8Buffer(int capacity = 1024) : IDisposable
{
    private static readonly SearchValues<char> MustBeEscaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(static c => (char)c), '"', '\\']);

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    public int Length => _length;

    public void Clear() => _length = 0;

    public Utf8Buffer Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        _length += utf8.Length;
        return this;
    }

    public Utf8Buffer Append(long number)
    {
        number.TryFormat(Reserve(20), out var written, default, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    public Utf8Buffer Append(ulong number)
    {
        number.TryFormat(Reserve(20), out var written, default, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    /// <summary>A number as JSON and Prometheus read it.</summary>
    public Utf8Buffer Append(double number)
    {
        number.TryFormat(Reserve(32), out var written, "0.######", CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    public Utf8Buffer AppendRaw(string text) => AppendText(text);

    /// <summary>The inside of a JSON string: what must be escaped is, the rest stays as it is, as Python's servers write it.</summary>
    public Utf8Buffer AppendEscaped(string text)
    {
        var rest = text.AsSpan();
        for (var at = rest.IndexOfAny(MustBeEscaped); at >= 0; at = rest.IndexOfAny(MustBeEscaped))
        {
            AppendText(rest[..at]).AppendEscaped(rest[at]);
            rest = rest[(at + 1)..];
        }

        return AppendText(rest);
    }

    /// <summary>A JSON string with its quotes, or null.</summary>
    public Utf8Buffer AppendString(string? text)
    {
        if (text is null)
        {
            return Append("null"u8);
        }

        return Append("\""u8).AppendEscaped(text).Append("\""u8);
    }

    public Utf8Buffer AppendBool(bool value) => Append(value ? "true"u8 : "false"u8);

    public Utf8Buffer AppendInts(ReadOnlySpan<int> values)
    {
        Append("["u8);
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0)
            {
                Append(","u8);
            }

            Append(values[i]);
        }

        return Append("]"u8);
    }

    /// <summary>Room for so many bytes more; tell what was used with <see cref="Advance"/>.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_length + bytes > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + bytes));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_length);
    }

    public void Advance(int bytes) => _length += bytes;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }

    private Utf8Buffer AppendText(ReadOnlySpan<char> text)
    {
        _length += Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    private void AppendEscaped(char c)
    {
        switch (c)
        {
            case '\n':
                Append("\\n"u8);
                break;
            case '"' or '\\':
                Append("\\"u8).AppendText([c]);
                break;
            default:
                Append("\\u00"u8).Append(c < 0x10 ? "0"u8 : "1"u8).AppendText(["0123456789abcdef"[c & 15]]);
                break;
        }
    }
}
