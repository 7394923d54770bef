using System.Buffers;

namespace Krewe.Gateway.Resume;

/// <summary>Bytes that come at one end and go at the other. Not safe for many threads.</summary>
internal sealed class EventRing
{
    private const int FirstCapacity = 4 << 10;

    private byte[] _bytes = [];
    private int _start;

    /// <summary>Bytes in it.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that it takes in memory.</summary>
    public int Capacity => _bytes.Length;

    public int Free => _bytes.Length - Length;

    /// <summary>How large it has to be to take so many more bytes; twice as large as before at least.</summary>
    public int CapacityFor(int more) => Math.Max(Math.Max(FirstCapacity, _bytes.Length * 2), (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(Length + more)));

    public void Grow(int capacity)
    {
        var larger = new byte[capacity];
        CopyTo(0, larger.AsSpan(0, Length));
        (_bytes, _start) = (larger, 0);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, Free, nameof(bytes));
        var end = _start + Length;
        var at = end < _bytes.Length ? end : end - _bytes.Length;
        var first = Math.Min(bytes.Length, _bytes.Length - at);
        bytes[..first].CopyTo(_bytes.AsSpan(at));
        bytes[first..].CopyTo(_bytes);
        Length += bytes.Length;
    }

    public void DropFirst(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        Length -= count;
        _start = Length == 0 ? 0 : (_start + count) % _bytes.Length;
    }

    /// <summary>Copies some of what is in it.</summary>
    /// <param name="offset">From the oldest byte.</param>
    /// <param name="count">How many.</param>
    /// <param name="output">To there.</param>
    public void CopyTo(int offset, int count, IBufferWriter<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, Length);
        CopyTo(offset, output.GetSpan(count)[..count]);
        output.Advance(count);
    }

    /// <summary>Forgets everything, and gives its memory back.</summary>
    public void Clear() => (_bytes, _start, Length) = ([], 0, 0);

    private void CopyTo(int offset, Span<byte> target)
    {
        var at = _start + offset;
        at = at < _bytes.Length ? at : at - _bytes.Length;
        var first = Math.Min(target.Length, _bytes.Length - at);
        _bytes.AsSpan(at, first).CopyTo(target);
        _bytes.AsSpan(0, target.Length - first).CopyTo(target[first..]);
    }
}
