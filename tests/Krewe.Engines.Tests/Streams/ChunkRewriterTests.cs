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

    [Theory]
    [InlineData("""{"id":"a","usage":{"prompt_tokens":1,"x":{"y":[1]}},"z":1}""", """{"id":"a","z":1}""")]
    [InlineData("""{ "usage" : {"prompt_tokens":1} , "z":1}""", """{  "z":1}""")]
    [InlineData("""{"id":"a" , "usage":{}}""", """{"id":"a" }""")]
    [InlineData("""{"usage":{"completion_tokens":1}}""", """{}""")]
    [InlineData("""{"choices":[{"usage":{"a":1}}],"usage":{"a":1}}""", """{"choices":[{"usage":{"a":1}}]}""")]
    [InlineData("""{"usage":null,"z":1}""", """{"usage":null,"z":1}""")]
    public void Write_hidden_usage_goes_with_its_name_and_its_comma(string json, string expected) =>
        Assert.Equal(expected, Rewrite(json, new ChunkRewrite { HideUsage = true }));

    [Fact]
    public void Write_hides_roles_and_token_ids_wherever_engines_have_them()
    {
        const string Chunk = """{"choices":[{"delta":{"role":"assistant","content":""},"token_ids":[1,2],"prompt_token_ids":[3]}]}""";
        Assert.Equal("""{"choices":[{"delta":{"role":null,"content":""},"token_ids":[1,2],"prompt_token_ids":[3]}]}""", Rewrite(Chunk, new ChunkRewrite { HideRole = true }));
        Assert.Equal("""{"choices":[{"delta":{"role":"assistant","content":""},"token_ids":null,"prompt_token_ids":null}]}""", Rewrite(Chunk, new ChunkRewrite { HideTokenIds = true }));
        Assert.Equal("""{"choices":[{}],"prompt_token_ids":null}""", Rewrite("""{"choices":[{}],"prompt_token_ids":[1]}""", new ChunkRewrite { HideTokenIds = true }));
    }

    [Fact]
    public void Write_what_we_had_an_engine_tell_is_taken_out_without_an_allocation()
    {
        var data = """{"id":"a","choices":[{"delta":{"content":"x"},"token_ids":[1]}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"""u8.ToArray();
        var rewrite = new ChunkRewrite { HideUsage = true, HideTokenIds = true, FinishReason = true, HideTransfer = true };
        using var output = new PooledBuffer();
        long before = 0;
        for (var i = 0; i < 200; i++)
        {
            before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            output.Clear();
            var chunk = ChunkInspector.Inspect(data);
            Assert.True(rewrite.Changes(chunk));
            ChunkRewriter.Write(data, chunk, rewrite, output);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal("""{"id":"a","choices":[{"delta":{"content":"x"},"token_ids":null}]}""", Encoding.UTF8.GetString(output.Span));
    }

    [Fact]
    public void Changes_is_false_where_the_chunk_has_nothing_to_change()
    {
        var chunk = ChunkInspector.Inspect("""{"choices":[{"finish_reason":"stop"}]}"""u8);
        var all = new ChunkRewrite { Id = "1"u8.ToArray(), Created = "1"u8.ToArray(), Usage = "null"u8.ToArray(), FinishReason = true, HideTransfer = true };

        Assert.False(all.Changes(chunk));
    }

    private static string Rewrite(string json, ChunkRewrite rewrite)
    {
        var data = Encoding.UTF8.GetBytes(json);
        using var output = new PooledBuffer();
        ChunkRewriter.Write(data, ChunkInspector.Inspect(data), rewrite, output);
        return Encoding.UTF8.GetString(output.Span);
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
