namespace Krewe.Engines.Buffers;

/// <summary>A stretch of a byte buffer, in bytes. <c>default</c> = there is none.</summary>
public readonly record struct ByteRange(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public int End => Start + Length;

    public static ByteRange Between(int start, int end) => new(start, end - start);

    /// <summary>The bytes of this range in the buffer that it was found in.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> buffer) => buffer.Slice(Start, Length);
}
