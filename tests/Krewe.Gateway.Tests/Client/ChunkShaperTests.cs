using System.IO.Pipelines;
using System.Text;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Sse;
using Krewe.Engines.Streams;
using Krewe.Gateway.Client;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Tests.Client;

/// <summary>The cost of an undisturbed stream's events.</summary>
public sealed class ChunkShaperTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_that_is_booked_stripped_and_passed_on_allocates_nothing(bool withIds)
    {
        var line = Encoding.UTF8.GetBytes("data: " + """{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null,"token_ids":[17]}],"usage":{"prompt_tokens":1,"total_tokens":3,"completion_tokens":2}}""" + "\n\n");
        const int Events = 1_200;
        var stream = PipeReader.Create(new MemoryStream(Enumerable.Repeat(line, Events).SelectMany(one => one).ToArray()));
        using var tally = new StreamTally { Ids = withIds ? new TokenIdTally() : null };
        using var shaper = new ChunkShaper(
            RequestEndpoint.ChatCompletions, tally, new StreamFilter { HideChunkUsage = true, HideUsageChunk = true, HideTokenIds = withIds });
        using var reader = new SseReader(stream);
        using var output = new PooledBuffer();
        var framed = new SseEventOutput(output);
        var events = 0;
        long allocated = 0;
        while (await reader.WaitAsync(TestContext.Current.CancellationToken))
        {
            allocated += Pass(reader, shaper, output, framed, ref events);
        }

        Assert.Equal(Events, events);
        Assert.Equal(0, allocated);
        var shown = Encoding.UTF8.GetString(output.Span);
        Assert.DoesNotContain("usage", shown, StringComparison.Ordinal);
        Assert.Equal(withIds, shown.Contains("\"token_ids\":null", StringComparison.Ordinal));
    }

    private static long Pass(SseReader reader, ChunkShaper shaper, PooledBuffer output, SseEventOutput framed, ref int events)
    {
        long allocated = 0;
        while (reader.TryRead(out var sse))
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            output.Clear();
            Assert.True(shaper.Write(sse, ChunkInspector.Inspect(sse.Data), framed));

            // The first ones make buffers grow and the code warm; the next growth comes behind the thousandth.
            allocated += ++events is > 700 and <= 1_000 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
        }

        return allocated;
    }
}
