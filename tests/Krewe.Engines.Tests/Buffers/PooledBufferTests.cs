using Krewe.Engines.Buffers;

namespace Krewe.Engines.Tests.Buffers;

public class PooledBufferTests
{
    [Fact]
    public void Write_grows_and_keeps_what_was_there()
    {
        using var buffer = new PooledBuffer();
        var expected = new List<byte>();
        for (var i = 0; i < 5000; i++)
        {
            byte[] piece = [(byte)i, (byte)(i >> 8)];
            buffer.Write(piece);
            buffer.Write((byte)7);
            piece.CopyTo(buffer.GetSpan(2));
            buffer.Advance(2);
            expected.AddRange([.. piece, 7, .. piece]);
        }

        Assert.Equal(expected.ToArray(), buffer.Span.ToArray());
        Assert.Equal(expected.ToArray(), buffer.Memory.ToArray());
    }

    [Fact]
    public void Advance_beyond_the_room_is_refused()
    {
        using var buffer = new PooledBuffer();
        var room = buffer.GetSpan(1).Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
    }

    [Fact]
    public void Dispose_leaves_an_empty_buffer_that_can_be_used_again()
    {
        var buffer = new PooledBuffer();
        buffer.Write("abc"u8);
        buffer.Dispose();
        buffer.Dispose();

        Assert.Equal(0, buffer.Length);
        buffer.Write("de"u8);
        Assert.Equal("de"u8.ToArray(), buffer.Span.ToArray());
        buffer.Dispose();
    }
}
