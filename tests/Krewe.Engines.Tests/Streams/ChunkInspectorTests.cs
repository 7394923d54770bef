using System.Text;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Tests.Streams;

public class ChunkInspectorTests
{
    [Fact]
    public void Inspect_a_vllm_chat_delta()
    {
        const string Json = """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"he\"llo"},"logprobs":null,"finish_reason":null,"stop_reason":null}],"usage":{"prompt_tokens":5,"total_tokens":8,"completion_tokens":3}}""";
        var chunk = Inspect(Json);

        Assert.Equal(ChunkKind.Choices, chunk.Kind);
        Assert.True(chunk.HasText && chunk.HasContent);
        Assert.False(chunk.HasRole || chunk.HasToolCall || chunk.HasReasoning || chunk.HasForeignFinish);
        Assert.Equal((5, 3, 1, FinishReason.None), (chunk.PromptTokens, chunk.CompletionTokens, chunk.ChoiceCount, chunk.Finish));
        Assert.Equal("\"he\\\"llo\"", Text(chunk.Text, Json));
        Assert.Equal("\"chatcmpl-1\"", Text(chunk.Id, Json));
        Assert.Equal("1700000000", Text(chunk.Created, Json));
        Assert.Equal("\"m\"", Text(chunk.Model, Json));
        Assert.Equal("""{"prompt_tokens":5,"total_tokens":8,"completion_tokens":3}""", Text(chunk.Usage, Json));
    }

    [Theory]
    [InlineData("""{"role":"assistant","content":""}""", true, false, false, false)]
    [InlineData("""{"role":"assistant","content":null}""", true, false, false, false)]
    [InlineData("""{"role":null,"content":"x"}""", false, true, false, false)]
    [InlineData("""{"content":"x","tool_calls":[]}""", false, true, false, false)]
    [InlineData("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"a"}}]}""", false, false, false, true)]
    [InlineData("""{"function_call":{"name":"f"}}""", false, false, false, true)]
    [InlineData("""{"reasoning_content":"hm"}""", false, false, true, false)]
    [InlineData("""{"reasoning":"hm","content":null}""", false, false, true, false)]
    [InlineData("""{"reasoning":"","reasoning_content":null}""", false, false, false, false)]
    [InlineData("""{"cont\u0065nt":"x"}""", false, true, false, false)]
    [InlineData("""{"other":{"content":"x","role":"y"}}""", false, false, false, false)]
    [InlineData("null", false, false, false, false)]
    public void Inspect_what_a_delta_carries(string delta, bool role, bool text, bool reasoning, bool tool)
    {
        foreach (var name in new[] { "delta", "message" })
        {
            var chunk = Inspect("{\"choices\":[{\"index\":0,\"" + name + "\":" + delta + "}]}");
            Assert.Equal((role, text, reasoning, tool), (chunk.HasRole, chunk.HasText, chunk.HasReasoning, chunk.HasToolCall));
        }
    }

    [Theory]
    [InlineData("\"stop\"", FinishReason.Stop, false)]
    [InlineData("\"length\"", FinishReason.Length, false)]
    [InlineData("\"tool_calls\"", FinishReason.ToolCalls, false)]
    [InlineData("\"content_filter\"", FinishReason.ContentFilter, false)]
    [InlineData("\"function_call\"", FinishReason.FunctionCall, false)]
    [InlineData("\"abort\"", FinishReason.Failed, true)]
    [InlineData("\"error\"", FinishReason.Failed, true)]
    [InlineData("\"remote_decode\"", FinishReason.Failed, true)]
    [InlineData("\"eos\"", FinishReason.Stop, true)]
    [InlineData("\"max_tokens\"", FinishReason.Length, true)]
    [InlineData("\"tool_use\"", FinishReason.ToolCalls, true)]
    [InlineData("null", FinishReason.None, false)]
    public void Inspect_finish_reasons_are_told_as_openai_knows_them(string word, FinishReason reason, bool foreign)
    {
        var chunk = Inspect("{\"choices\":[{\"index\":0,\"text\":\"x\",\"finish_reason\":" + word + "}]}");

        Assert.Equal((reason, foreign), (chunk.Finish, chunk.HasForeignFinish));
    }

    [Fact]
    public void Inspect_one_failed_choice_of_several_fails_the_chunk() =>
        Assert.Equal(FinishReason.Failed, Inspect("""{"choices":[{"finish_reason":"stop"},{"finish_reason":"abort"},{"finish_reason":"length"}]}""").Finish);

    [Theory]
    [InlineData("[DONE]", ChunkKind.Done)]
    [InlineData(" [DONE] ", ChunkKind.Done)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}""", ChunkKind.UsageOnly)]
    [InlineData("""{"error":{"message":"x","code":400}}""", ChunkKind.Error)]
    [InlineData("""{"error":"x"}""", ChunkKind.Error)]
    [InlineData("""{"object":"error","message":"x","type":"BadRequestError","code":400}""", ChunkKind.Error)]
    [InlineData("""{"message":"x","code":500}""", ChunkKind.Error)]
    [InlineData("""{"error":null,"choices":[{"text":"a"}]}""", ChunkKind.Choices)]
    [InlineData("""{"type":"response.created"}""", ChunkKind.Other)]
    [InlineData("{}", ChunkKind.Other)]
    [InlineData("", ChunkKind.Malformed)]
    [InlineData("{\"choices\":[", ChunkKind.Malformed)]
    [InlineData("{} {}", ChunkKind.Malformed)]
    [InlineData("[1]", ChunkKind.Malformed)]
    [InlineData("hello", ChunkKind.Malformed)]
    [InlineData("\"x\"", ChunkKind.Malformed)]
    public void Inspect_kinds(string json, ChunkKind kind) => Assert.Equal(kind, Inspect(json).Kind);

    [Fact]
    public void Inspect_usage_that_is_null_or_nonsense_is_not_told()
    {
        foreach (var usage in new[] { "null", "[]", "7", """{"prompt_tokens":null,"completion_tokens":-4}""", """{"prompt_tokens":"1","completion_tokens":{"completion_tokens":5}}""" })
        {
            var chunk = Inspect("{\"choices\":[],\"usage\":" + usage + "}");
            Assert.Equal((-1, -1), (chunk.PromptTokens, chunk.CompletionTokens));
        }
    }

    [Fact]
    public void Inspect_any_cut_of_a_chunk_is_malformed_and_never_throws()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"id":"a","choices":[{"delta":{"content":"\ud83d\ude00","tool_calls":[{"a":1}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1},"kv_transfer_params":{"a":[1]}}""");
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ChunkKind.Malformed, ChunkInspector.Inspect(bytes.AsSpan(0, length)).Kind);
        }
    }

    [Fact]
    public void Inspect_allocates_nothing()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}""");
        ChunkInspector.Inspect(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var chunk = ChunkInspector.Inspect(bytes);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(chunk.HasText);
    }

    private static StreamChunk Inspect(string json) => ChunkInspector.Inspect(Encoding.UTF8.GetBytes(json));

    private static string Text(Krewe.Engines.Buffers.ByteRange range, string json) => Encoding.UTF8.GetString(range.In(Encoding.UTF8.GetBytes(json)));
}
