using System.IO.Pipelines;
using System.Text;
using Krewe.Engines.Sse;

namespace Krewe.Engines.Tests.Sse;

public class SseReaderTests
{
    [Theory]
    [MemberData(nameof(SseParserTests.Corpus), MemberType = typeof(SseParserTests))]
    public async Task Streams_through_a_pipe_in_pieces_of_any_size_give_what_the_reference_gives(string text)
    {
        var stream = Encoding.UTF8.GetBytes(text);
        for (var size = 1; size <= Math.Max(1, stream.Length); size++)
        {
            var pipe = PipeReader.Create(new Trickle(stream, size), new StreamPipeReaderOptions(bufferSize: 16, minimumReadSize: 1));
            using var reader = new SseReader(pipe);
            var seen = new List<Seen>();
            while (await reader.WaitAsync(CancellationToken.None))
            {
                while (reader.TryRead(out var sse))
                {
                    seen.Add(new Seen(Encoding.Latin1.GetString(sse.Data), Encoding.Latin1.GetString(sse.Type), Encoding.Latin1.GetString(sse.Id), sse.HasData, sse.IsTerminated));
                }
            }

            Assert.Equal(ReferenceSse.Parse(stream), seen);
            Assert.Equal(SseStatus.End, reader.Status);
        }
    }

    [Fact]
    public async Task A_line_beyond_its_limit_ends_the_reading_and_says_so()
    {
        var pipe = PipeReader.Create(new Trickle(Encoding.UTF8.GetBytes("data: ok\n\ndata: 0123456789012345\n\ndata: never\n\n"), 5));
        using var reader = new SseReader(pipe, new SseLimits(12, 100));
        var seen = new List<string>();
        while (await reader.WaitAsync(CancellationToken.None))
        {
            while (reader.TryRead(out var sse))
            {
                seen.Add(Encoding.UTF8.GetString(sse.Data));
            }
        }

        Assert.Equal(["ok"], seen);
        Assert.Equal(SseStatus.TooLarge, reader.Status);
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_the_pipe_can_be_read_on()
    {
        var pipe = new Pipe();
        using var reader = new SseReader(pipe.Reader);
        using var cancel = new CancellationTokenSource();
        var wait = reader.WaitAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await pipe.Writer.WriteAsync("data: a\n\n"u8.ToArray());
        Assert.True(await reader.WaitAsync(CancellationToken.None));
        Assert.True(reader.TryRead(out var sse) && sse.Data.SequenceEqual("a"u8));
    }

    /// <summary>A stream that gives a few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
