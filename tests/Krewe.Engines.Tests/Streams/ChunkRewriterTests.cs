using System.Text;
using Krewe.Engines.Buffers;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Tests.Streams;

public class ChunkRewriterTests
{
    private const string Json = """{ "created": 1, "id": "a", "choices": [{"finish_reason": "eos", "note": "\"eos\""}, {"finish_reason": "stop"}, {"finish_reason": "max_tokens", "x": {"finish_reason": "eos"}}], "usage": {"prompt_tokens": 1}, "kv_transfer_params": {"remote_host": "10.0.0.1"} }""";

    [Fact]
    public void Write_replaces_what_is_asked_for_and_nothing_else()
    {
        var all = new ChunkRewrite { Id = "\"b\""u8.ToArray(), Created = "22"u8.ToArray(), Usage = "null"u8.ToArray(), FinishReason = true, HideTransfer = true };

        Assert.Equal(
            """{ "created": 22, "id": "b", "choices": [{"finish_reason": "stop", "note": "\"eos\""}, {"finish_reason": "stop"}, {"finish_reason": "length", "x": {"finish_reason": "eos"}}], "usage": null, "kv_transfer_params": null }""",
            Rewrite(all, out var changes));
        Assert.True(changes);
    }

    [Fact]
    public void Write_each_change_stands_alone()
    {
        Assert.Equal(Json, Rewrite(default, out var changes));
        Assert.False(changes);
        Assert.Equal(Json.Replace("\"id\": \"a\"", "\"id\": \"zz\"", StringComparison.Ordinal), Rewrite(new ChunkRewrite { Id = "\"zz\""u8.ToArray() }, out _));
        Assert.Equal(Json.Replace("{\"remote_host\": \"10.0.0.1\"}", "null", StringComparison.Ordinal), Rewrite(new ChunkRewrite { HideTransfer = true }, out _));
    }

    [Fact]
    public void Changes_is_false_where_the_chunk_has_nothing_to_change()
    {
        var chunk = ChunkInspector.Inspect("""{"choices":[{"finish_reason":"stop"}]}"""u8);
        var all = new ChunkRewrite { Id = "1"u8.ToArray(), Created = "1"u8.ToArray(), Usage = "null"u8.ToArray(), FinishReason = true, HideTransfer = true };

        Assert.False(all.Changes(chunk));
    }

    private static string Rewrite(ChunkRewrite rewrite, out bool changes)
    {
        var data = Encoding.UTF8.GetBytes(Json);
        var chunk = ChunkInspector.Inspect(data);
        using var output = new PooledBuffer();
        ChunkRewriter.Write(data, chunk, rewrite, output);
        changes = rewrite.Changes(chunk);
        return Encoding.UTF8.GetString(output.Span);
    }
}
