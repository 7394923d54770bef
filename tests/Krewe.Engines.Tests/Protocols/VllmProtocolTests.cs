using System.Text;
using System.Text.Json.Nodes;
using Krewe.Core.Protocols;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Http;
using Krewe.Engines.Protocols;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Tests.Protocols;

public class VllmProtocolTests
{
    private const string Transfer = """{"do_remote_prefill": true,"do_remote_decode":false, "remote_block_ids":[[1,2],[3]],"remote_engine_id":"e","remote_request_id":"r","remote_host":"10.1.2.3","remote_port":5600,"tp_size":1}""";
    private static readonly IEngineProtocol Vllm = EngineProtocols.Get(EngineProtocol.Vllm);
    private static readonly Uri Elsewhere = new("http://prefill-7.example:8000");

    [Fact]
    public void WritePrefill_is_the_clients_body_capped_at_one_token()
    {
        var json = Prefill("""{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":50,"max_completion_tokens":60,"min_tokens":5,"min_completion_tokens":6,"temperature":0.70,"kv_transfer_params":{"remote_host":"evil"},"priority":3}""");

        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":"a"}],"stream":false,"max_tokens":1,"max_completion_tokens":1,"temperature":0.70,"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}}""",
            Ordered(json));
    }

    [Fact]
    public void WritePrefill_adds_only_what_it_needs()
    {
        Assert.Equal(
            """{"model":"m","messages":[{}],"max_tokens":1,"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}}""",
            Prefill("""{"model":"m","messages":[{}]}"""));
    }

    [Fact]
    public void WritePrefill_then_decode_through_the_reply()
    {
        var body = Parse("""{"model":"m","messages":[{}],"stream":true,"max_tokens":50,"min_tokens":2,"cache_salt":"evil","bootstrap_room":1,"krewe":{}}""");
        using var reply = Reply(Transfer);

        var prefill = Vllm.ReadPrefill(reply, Elsewhere);
        using var output = new PooledBuffer();
        var decode = Text(Vllm.WriteDecode(body, default, prefill, output));

        Assert.Equal((EngineFailure.None, true, FinishReason.Length, 12), (prefill.Failure, prefill.HasTransfer, prefill.Finish, prefill.PromptTokens));
        Assert.Equal("""{"model":"m","messages":[{}],"stream":true,"max_tokens":50,"min_tokens":2,"kv_transfer_params":""" + Transfer + "}", decode);
    }

    [Theory]
    [InlineData("\"localhost\"")]
    [InlineData("\"LocalHost\"")]
    [InlineData("\"127.0.0.1\"")]
    [InlineData("\"127.8.8.8\"")]
    [InlineData("\"::1\"")]
    [InlineData("\"[::1]\"")]
    [InlineData("\"0.0.0.0\"")]
    [InlineData("\"::\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    public void ReadPrefill_an_address_that_only_the_prefill_itself_can_reach_is_replaced(string host)
    {
        var given = Transfer.Replace("\"10.1.2.3\"", host, StringComparison.Ordinal);
        using var reply = Reply(given);

        Assert.Equal(
            Transfer.Replace("10.1.2.3", "prefill-7.example", StringComparison.Ordinal),
            Text(Vllm.ReadPrefill(reply, Elsewhere).TransferParams));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9001", "localhost")]
    [InlineData("http://localhost:9001", "127.0.0.1")]
    [InlineData("http://prefill-7.example", "10.1.2.3")]
    [InlineData("http://prefill-7.example", "kv.prefill-7.example")]
    public void ReadPrefill_any_other_address_is_copied_as_it_is(string url, string host)
    {
        var given = Transfer.Replace("10.1.2.3", host, StringComparison.Ordinal);
        using var reply = Reply(given);

        Assert.Equal(given, Text(Vllm.ReadPrefill(reply, new Uri(url)).TransferParams));
    }

    [Fact]
    public void ReadPrefill_an_ipv6_host_is_named_without_brackets()
    {
        using var reply = Reply(Transfer.Replace("10.1.2.3", "localhost", StringComparison.Ordinal));

        Assert.Contains("\"remote_host\":\"fd00::7\"", Text(Vllm.ReadPrefill(reply, new Uri("http://[fd00::7]:8000")).TransferParams), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",\"kv_transfer_params\":null")]
    [InlineData("")]
    public void ReadPrefill_that_ended_early_leaves_decode_on_its_own(string field)
    {
        using var reply = Buffer("""{"choices":[{"message":{"content":""},"finish_reason":"stop"}]""" + field + "}");
        var prefill = Vllm.ReadPrefill(reply, Elsewhere);
        using var output = new PooledBuffer();
        var body = Parse("""{"model":"m","messages":[{}],"kv_transfer_params":{"a":1}}""");

        Assert.Equal((EngineFailure.None, false, FinishReason.Stop), (prefill.Failure, prefill.HasTransfer, prefill.Finish));
        Assert.Equal("""{"model":"m","messages":[{}]}""", Text(Vllm.WriteDecode(body, default, prefill, output)));
    }

    [Theory]
    [InlineData("""{"error":{"message":"x"}}""", EngineFailure.ErrorEvent)]
    [InlineData("""{"object":"error","message":"x","code":500}""", EngineFailure.ErrorEvent)]
    [InlineData("""{"choices":[{"finish_reason":"abort"}],"kv_transfer_params":{"a":1}}""", EngineFailure.ErrorEvent)]
    [InlineData("""{"choices":[]}""", EngineFailure.MalformedStream)]
    [InlineData("not json", EngineFailure.MalformedStream)]
    [InlineData("", EngineFailure.MalformedStream)]
    public void ReadPrefill_failures_under_http_200_are_failures(string json, EngineFailure failure)
    {
        using var reply = Buffer(json);
        var prefill = Vllm.ReadPrefill(reply, Elsewhere);

        Assert.Equal((failure, false), (prefill.Failure, prefill.HasTransfer));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(",\"n\":1,\"best_of\":1", true)]
    [InlineData(",\"n\":2", false)]
    [InlineData(",\"best_of\":2", false)]
    [InlineData(",\"use_beam_search\":true", false)]
    [InlineData(",\"echo\":true", false)]
    [InlineData(",\"prompt_logprobs\":1", false)]
    [InlineData(",\"max_tokens\":0", false)]
    [InlineData(",\"seed\":1,\"logprobs\":1,\"presence_penalty\":1", true)]
    public void CanDisaggregate_only_what_one_set_of_blocks_can_serve(string fields, bool can)
    {
        Assert.True(RequestBody.TryParse(Encoding.UTF8.GetBytes("{\"model\":\"m\",\"prompt\":\"a\"" + fields + "}"), RequestEndpoint.Completions, out var body, out _));
        Assert.Equal(can, Vllm.CanDisaggregate(body));
        Assert.False(EngineProtocols.Get(EngineProtocol.OpenAI).CanDisaggregate(body));
    }

    [Fact]
    public void CanDisaggregate_no_lists_of_prompts_and_no_embeddings()
    {
        Assert.True(RequestBody.TryParse("""{"model":"m","prompt":["a","b"]}"""u8.ToArray(), RequestEndpoint.Completions, out var list, out _));
        Assert.True(RequestBody.TryParse("""{"model":"m","input":"a"}"""u8.ToArray(), RequestEndpoint.Embeddings, out var embeddings, out _));

        Assert.False(Vllm.CanDisaggregate(list));
        Assert.False(Vllm.CanDisaggregate(embeddings));
    }

    [Theory]
    [InlineData(EngineProtocol.Vllm, """{"model":"m","messages":[{}],"priority":-2,"cache_salt":"t1","stream_options":{"include_usage":true}}""")]
    [InlineData(EngineProtocol.OpenAI, """{"model":"m","messages":[{}],"stream_options":{"include_usage":true}}""")]
    public void WriteWhole_says_what_krewe_wants_said_where_the_engine_understands_it(EngineProtocol protocol, string expected)
    {
        var values = new LegValues { Priority = -2, CacheSalt = "\"t1\""u8.ToArray(), StreamOptions = """{"include_usage":true}"""u8.ToArray() };
        using var output = new PooledBuffer();
        var body = Parse("""{"model":"m","messages":[{}],"priority":9,"cache_salt":"evil","disaggregated_params":{},"krewe":{}}""");

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(Text(EngineProtocols.Get(protocol).WriteWhole(body, values, output)))));
    }

    [Fact]
    public void WriteWhole_of_an_ordinary_body_is_the_clients_bytes_themselves()
    {
        var body = Parse("""{"model":"m", "messages":[{}], "guided_json":{"a":1}}""");
        using var output = new PooledBuffer();

        Assert.Equal(body.Utf8, Vllm.WriteWhole(body, default, output));
    }

    [Fact]
    public void Get_every_supported_family_has_a_protocol_and_no_other()
    {
        foreach (var kind in Enum.GetValues<EngineProtocol>())
        {
            Assert.Equal(kind.IsSupported(), EngineProtocols.IsKnown(kind));
            if (kind.IsSupported())
            {
                Assert.Equal(kind, EngineProtocols.Get(kind).Kind);
            }
            else
            {
                Assert.Throws<NotSupportedException>(() => EngineProtocols.Get(kind));
            }
        }
    }

    private static string Prefill(string json)
    {
        using var output = new PooledBuffer();
        return Text(Vllm.WritePrefill(Parse(json), default, output));
    }

    /// <summary>The client's own fields keep their places; ours that replace one stand where it stood.</summary>
    private static string Ordered(string json)
    {
        var node = JsonNode.Parse(json)!.AsObject();
        var transfer = node["kv_transfer_params"]!;
        node.Remove("kv_transfer_params");
        node["kv_transfer_params"] = transfer;
        return node.ToJsonString();
    }

    private static RequestBody Parse(string json)
    {
        Assert.True(RequestBody.TryParse(Encoding.UTF8.GetBytes(json), RequestEndpoint.ChatCompletions, out var body, out var error), error?.Message);
        return body;
    }

    private static PooledBuffer Reply(string transfer) =>
        Buffer("""{"id":"x","choices":[{"message":{"role":"assistant","content":"a"},"finish_reason":"length"}],"usage":{"prompt_tokens":12,"completion_tokens":1},"kv_transfer_params":""" + transfer + "}");

    private static PooledBuffer Buffer(string json)
    {
        var buffer = new PooledBuffer();
        buffer.Write(Encoding.UTF8.GetBytes(json));
        return buffer;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
