using System.Buffers;
using System.Text;
using Krewe.Engines.Sse;

namespace Krewe.Engines.Tests.Sse;

public class SseParserTests
{
    public static TheoryData<string> Corpus =>
    [
        "data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
        "data: a\r\n\r\ndata: b\r\n\r\ndata: [DONE]\r\n\r\n",
        "data: a\r\rdata: b\r\rdata: [DONE]\r\r",
        "data: a\n\r\ndata: b\r\n\ndata: c\r\n\rdata: d\r\r\n",
        ": ping\n\ndata: a\n\n: ping\n: pong\ndata: b\n\n:\n\n",
        "data: one\ndata: two\ndata:three\ndata\n\ndata: x\r\ndata:  y\r\n\r\n",
        "event: response.created\ndata: {}\nid: 7\n\nid: 8\nretry: 10\n\nevent:x\n\n",
        "\uFEFFdata: a\n\n\uFEFFdata: b\n\ndata: \uFEFFc\n\n",
        "\n\n\ndata: a\n\n\n\n\r\n\r\ndata: b\n\n\n",
        "data: é😀中\n\ndata: {\"t\":\"😀\"}\r\n\r\ndata: ü\r\r",
        "data: a\n\ndata: cut",
        "data: a\n\ndata: [DONE]\n",
        "data: a\r\n\r\ndata: [DONE]\r",
        "data: a\n\ndata: b\ndata: c",
        "data:\n\ndata: \n\ndata\n\ndatax: no\n\n data: no\n\n",
        "id: a\0b\ndata: x\n\nfield without colon\n\n",
        "",
        "\n",
        "\r\n\r\n",
        "\uFEFF",
        "d",
        "data: a\n",
        "data: a\n\n\r",
    ];

    [Theory]
    [MemberData(nameof(Corpus))]
    public void TryRead_whole_streams_give_what_the_reference_gives(string text)
    {
        var stream = Encoding.UTF8.GetBytes(text);

        Assert.Equal(ReferenceSse.Parse(stream), Read([stream], out _));
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void TryRead_no_single_cut_changes_anything(string text)
    {
        var stream = Encoding.UTF8.GetBytes(text);
        var expected = ReferenceSse.Parse(stream);
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            Assert.Equal(expected, Read([stream[..cut], stream[cut..]], out _));
        }
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void TryRead_no_two_cuts_change_anything(string text)
    {
        var stream = Encoding.UTF8.GetBytes(text);
        var expected = ReferenceSse.Parse(stream);
        for (var first = 0; first <= stream.Length; first++)
        {
            for (var second = first; second <= stream.Length; second++)
            {
                Assert.Equal(expected, Read([stream[..first], stream[first..second], stream[second..]], out _));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void TryRead_byte_by_byte_changes_nothing(string text)
    {
        var stream = Encoding.UTF8.GetBytes(text);

        Assert.Equal(ReferenceSse.Parse(stream), Read([.. stream.Select(b => new[] { b })], out _));
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void TryRead_raw_bytes_joined_are_a_stream_of_the_same_events(string text)
    {
        var stream = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            var seen = Read([stream[..cut], stream[cut..]], out var raw);

            // What is dropped between events is blank lines, and the LF of a CRLF whose CR had ended the event already.
            Assert.Equal(seen, ReferenceSse.Parse(raw));
        }
    }

    [Fact]
    public void TryRead_the_common_event_is_plain_and_others_are_not()
    {
        Assert.True(Only("data: {\"a\":1}\n\n").IsPlain);
        Assert.True(Only("data: \n\n").IsPlain);
        foreach (var other in new[] { "data:a\n\n", "data: a\r\n\r\n", "data: a\r\r", "data: a\ndata: b\n\n", ": c\ndata: a\n\n", "id: 1\ndata: a\n\n", ": c\n\n", "data: a", "data\n\n", "\n\r" })
        {
            Assert.False(Only(other).IsPlain, other);
        }
    }

    [Fact]
    public void TryRead_an_event_is_given_out_at_its_blank_line_without_waiting_for_more()
    {
        foreach (var text in new[] { "data: a\n\n", "data: a\r\r", "data: a\r\n\r\n", "data: a\r\n\r" })
        {
            using var parser = new SseParser();
            var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));

            Assert.Equal(SseStatus.Event, parser.TryRead(ref buffer, isCompleted: false, out _));
        }
    }

    [Theory]
    [InlineData("data: 0123456789\n\n", 16, SseStatus.Event)]
    [InlineData("data: 0123456789a\n\n", 16, SseStatus.TooLarge)]
    [InlineData("data: 0123456789a", 16, SseStatus.TooLarge)]
    [InlineData("data: 0123456789", 16, SseStatus.NeedsMore)]
    [InlineData(": 0123456789012345\n\n", 16, SseStatus.TooLarge)]
    [InlineData("data: 01234\ndata: 01234\ndata: 01234\ndata: 0123\n\n", 16, SseStatus.Event)]
    [InlineData("data: 01234\ndata: 01234\ndata: 01234\ndata: 01234567\n\n", 16, SseStatus.TooLarge)]
    public void TryRead_lines_and_events_are_bounded_however_they_are_cut(string text, int line, SseStatus expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var parser = new SseParser(new SseLimits(line, 48));
            var status = SseStatus.NeedsMore;
            foreach (var buffer in new[] { new ReadOnlySequence<byte>(bytes[..cut]), Segments.Of(bytes[..cut], bytes[cut..]) })
            {
                var rest = buffer;
                if (status == SseStatus.NeedsMore)
                {
                    status = parser.TryRead(ref rest, isCompleted: false, out _);
                }
            }

            Assert.Equal(expected, status);
        }
    }

    [Fact]
    public void TryRead_an_endless_line_without_an_end_is_cut_off_near_its_limit()
    {
        using var parser = new SseParser(new SseLimits(1000, 4000));
        var bytes = Enumerable.Repeat((byte)'x', 2000).ToArray();
        var length = 0;
        var status = SseStatus.NeedsMore;
        while (status == SseStatus.NeedsMore)
        {
            length++;
            var buffer = new ReadOnlySequence<byte>(bytes.AsMemory(0, length));
            status = parser.TryRead(ref buffer, isCompleted: false, out _);
        }

        Assert.Equal((SseStatus.TooLarge, 1001), (status, length));
    }

    [Fact]
    public void TryRead_common_events_allocate_nothing()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\n", 1000)));
        using var parser = new SseParser();
        Assert.Equal(1000, CountAll(parser, bytes));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = CountAll(parser, bytes);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((1000, 0L), (count, allocated));
    }

    private static int CountAll(SseParser parser, byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var count = 0;
        while (parser.TryRead(ref buffer, isCompleted: false, out _) == SseStatus.Event)
        {
            count++;
        }

        return count;
    }

    private static (bool IsPlain, string Raw) Only(string text)
    {
        using var parser = new SseParser();
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));
        parser.TryRead(ref buffer, isCompleted: true, out var sse);
        return (sse.IsPlain, Encoding.UTF8.GetString(sse.Raw));
    }

    /// <summary>Feeds pieces as a pipe would: what was not consumed stays in front, in its own segments.</summary>
    private static List<Seen> Read(List<byte[]> pieces, out byte[] raw)
    {
        var seen = new List<Seen>();
        var raws = new List<byte>();
        using var parser = new SseParser();
        var held = new List<byte[]>();
        for (var i = 0; i <= pieces.Count; i++)
        {
            var isCompleted = i == pieces.Count;
            if (!isCompleted)
            {
                held.Add(pieces[i]);
            }

            var buffer = Segments.Of([.. held]);
            SseStatus status;
            while ((status = parser.TryRead(ref buffer, isCompleted, out var sse)) == SseStatus.Event)
            {
                seen.Add(new Seen(Encoding.Latin1.GetString(sse.Data), Encoding.Latin1.GetString(sse.Type), Encoding.Latin1.GetString(sse.Id), sse.HasData, sse.IsTerminated));
                raws.AddRange(sse.Raw);
            }

            Assert.Equal(isCompleted ? SseStatus.End : SseStatus.NeedsMore, status);
            held.Clear();
            foreach (var segment in buffer)
            {
                held.Add(segment.ToArray());
            }
        }

        raw = [.. raws];
        return seen;
    }
}
