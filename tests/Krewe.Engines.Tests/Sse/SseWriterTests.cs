using System.Buffers;
using System.Text;
using Krewe.Engines.Buffers;
using Krewe.Engines.Sse;

namespace Krewe.Engines.Tests.Sse;

public class SseWriterTests
{
    [Theory]
    [InlineData("data: a\n\n", "data: a\n\n")]
    [InlineData("data:a\r\n\r\n", "data: a\n\n")]
    [InlineData("data: a\r\r", "data: a\n\n")]
    [InlineData(": c\ndata: a\ndata: b\nevent: t\nid: 4\n\n", "event: t\nid: 4\ndata: a\ndata: b\n\n")]
    [InlineData(": ping\n\n", ": \n\n")]
    [InlineData("data\n\n", "data: \n\n")]
    [InlineData("data: [DONE]\n", "data: [DONE]\n\n")]
    public void Write_gives_every_event_in_the_plain_form(string text, string expected)
    {
        using var parser = new SseParser();
        using var output = new PooledBuffer();
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));
        Assert.Equal(SseStatus.Event, parser.TryRead(ref buffer, isCompleted: true, out var sse));

        SseWriter.Write(output, sse);

        Assert.Equal(expected, Encoding.UTF8.GetString(output.Span));
    }

    [Theory]
    [InlineData("a", "data: a\n\n")]
    [InlineData("", "data: \n\n")]
    [InlineData("a\nb\n", "data: a\ndata: b\ndata: \n\n")]
    public void WriteData_gives_each_line_its_own_field(string data, string expected)
    {
        using var output = new PooledBuffer();
        SseWriter.WriteData(output, Encoding.UTF8.GetBytes(data));

        Assert.Equal(expected, Encoding.UTF8.GetString(output.Span));
    }
}
