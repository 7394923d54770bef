using System.Text.Json;
using System.Text.RegularExpressions;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Http;

/// <summary>Answers byte for byte, as vLLM shapes them.</summary>
public sealed partial class AnswerShapeTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";

    /// <summary>Replaces what differs from run to run.</summary>
    private static string Steady(string body, SimEngineHost engine) =>
        Created().Replace(body.Replace(engine.Incarnation, "INC", StringComparison.Ordinal), "\"created\":0");

    [GeneratedRegex("\"created\":[0-9]{10}")]
    private static partial Regex Created();

    private static string Json(string text) => JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AChatStream_HasARoleChunk_Deltas_AFinishReason_Usage_AndDone(bool isInstant)
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(isInstant ? EngineFixture.Instant : EngineFixture.Quick);
        using var response = await client.PostAsync(
            Chat, """{"model":"sim-model","messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":2,"stream_options":{"include_usage":true},"krewe_sim":{"seed":3}}""", "r-1");
        const string Head = """data: {"id":"chatcmpl-r-1","object":"chat.completion.chunk","created":0,"model":"sim-model","choices":[""";
        const string Sim = ""","krewe_sim":{"instance":"sim","incarnation":"INC","attempt":"r-1","seed":3,"index":""";
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            $$$"""
            {{{Head}}}{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]{{{Sim}}}0,"tokens":0}}

            {{{Head}}}{"index":0,"delta":{"content":"{{{Json(SimTokens.Text(3, 0))}}}"},"logprobs":null,"finish_reason":null,"token_ids":null}]{{{Sim}}}0,"tokens":1}}

            {{{Head}}}{"index":0,"delta":{"content":"{{{Json(SimTokens.Text(3, 1))}}}"},"logprobs":null,"finish_reason":"length","stop_reason":null,"token_ids":null}]{{{Sim}}}1,"tokens":1}}

            {{{Head}}}],"usage":{"prompt_tokens":8,"total_tokens":10,"completion_tokens":2,"prompt_tokens_details":null}{{{Sim}}}2,"tokens":0}}

            data: [DONE]


            """,
            Steady(await response.Content.ReadAsStringAsync(), engine));
    }

    [Fact]
    public async Task ACompletionStream_HasTextAndStopReasonInEachChunk()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        var (_, body) = await client.TextAsync(Completions, """{"prompt":"hi","stream":true,"max_tokens":9,"krewe_sim":{"seed":3,"answer_tokens":1}}""", "r-2");
        const string Head = """data: {"id":"cmpl-r-2","object":"text_completion","created":0,"model":"sim-model","choices":[""";
        const string Sim = ""","krewe_sim":{"instance":"sim","incarnation":"INC","attempt":"r-2","seed":3,"index":""";
        Assert.Equal(
            $$$"""
            {{{Head}}}{"index":0,"text":"{{{Json(SimTokens.Text(3, 0))}}}","logprobs":null,"finish_reason":null,"stop_reason":null,"token_ids":null}]{{{Sim}}}0,"tokens":1}}

            {{{Head}}}{"index":0,"text":"","logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}]{{{Sim}}}1,"tokens":1}}

            data: [DONE]


            """,
            Steady(body, engine));
    }

    [Fact]
    public async Task AWholeChatAnswer_HasVllmsFields()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        var (_, body) = await client.TextAsync(Chat, """{"messages":[{"role":"user","content":"hi"}],"max_tokens":2,"krewe_sim":{"seed":3}}""", "r-3");
        Assert.Equal(
            $$$"""{"id":"chatcmpl-r-3","object":"chat.completion","created":0,"model":"sim-model","choices":[{"index":0,"message":{"role":"assistant","content":"{{{Json(SimTokens.Text(3, 0, 2))}}}","refusal":null,"annotations":null,"audio":null,"function_call":null,"tool_calls":[],"reasoning_content":null},"logprobs":null,"finish_reason":"length","stop_reason":null,"token_ids":null}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":8,"total_tokens":10,"completion_tokens":2,"prompt_tokens_details":null},"prompt_logprobs":null,"prompt_token_ids":null,"kv_transfer_params":null,"krewe_sim":{"instance":"sim","incarnation":"INC","attempt":"r-3","seed":3,"index":0,"tokens":2}}""",
            Steady(body, engine));
    }

    [Fact]
    public async Task AWholeCompletion_HasVllmsFields()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        var (_, body) = await client.TextAsync(Completions, """{"prompt":"hi","max_tokens":3,"stop":"zz","krewe_sim":{"seed":3}}""", "r-4");
        Assert.Equal(
            $$$"""{"id":"cmpl-r-4","object":"text_completion","created":0,"model":"sim-model","choices":[{"index":0,"text":"{{{Json(SimTokens.Text(3, 0, 3))}}}","logprobs":null,"finish_reason":"length","stop_reason":null,"token_ids":null,"prompt_logprobs":null,"prompt_token_ids":null}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":1,"total_tokens":4,"completion_tokens":3,"prompt_tokens_details":null},"kv_transfer_params":null,"krewe_sim":{"instance":"sim","incarnation":"INC","attempt":"r-4","seed":3,"index":0,"tokens":3}}""",
            Steady(body, engine));
    }

    [Fact]
    public async Task ContinuousUsage_IsInEveryChunk_AndCountsUp()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var events = await client.EventsAsync(
            Chat, """{"messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":5,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}""");
        Assert.Equal([0, 1, 2, 3, 4, 5, 5], events.Select(static e => e.GetProperty("usage").GetProperty("completion_tokens").GetInt32()));
        Assert.Equal(0, events[^1].GetProperty("choices").GetArrayLength());
    }

    [Fact]
    public async Task SeveralPromptsAndChoices_AreNumberedThrough_AndEachIsItsOwnAnswer()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        const string Body = """{"prompt":["one","two"],"n":2,"max_tokens":4,"stream":STREAM}""";
        var whole = await client.JsonAsync(Completions, Body.Replace("STREAM", "false", StringComparison.Ordinal));
        var events = await client.EventsAsync(Completions, Body.Replace("STREAM", "true", StringComparison.Ordinal));
        var seeds = new[] { SimTokens.SeedOf("one"), SimTokens.SeedOfChoice(SimTokens.SeedOf("one"), 1), SimTokens.SeedOf("two"), SimTokens.SeedOfChoice(SimTokens.SeedOf("two"), 1) };
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(SimTokens.Text(seeds[i], 0, 4), whole.GetProperty("choices")[i].GetProperty("text").GetString());
            Assert.Equal(SimTokens.Text(seeds[i], 0, 4), EngineClient.TextOf(events, i));
        }

        Assert.Equal(16, whole.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Echo_And_TokenIds_AreGivenWhereAskedFor()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        const string Body = """{"prompt":"hi\nyou","max_tokens":2,"echo":true,"return_token_ids":true,"krewe_sim":{"seed":3},"stream":STREAM}""";
        var choice = (await client.JsonAsync(Completions, Body.Replace("STREAM", "false", StringComparison.Ordinal))).GetProperty("choices")[0];
        var events = await client.EventsAsync(Completions, Body.Replace("STREAM", "true", StringComparison.Ordinal));
        Assert.Equal("hi\nyou" + SimTokens.Text(3, 0, 2), choice.GetProperty("text").GetString());
        Assert.Equal([SimTokens.Id(3, 0), SimTokens.Id(3, 1)], choice.GetProperty("token_ids").EnumerateArray().Select(static id => id.GetInt32()));
        Assert.Equal(SimTokenizer.Encode("hi\nyou"), choice.GetProperty("prompt_token_ids").EnumerateArray().Select(static id => id.GetInt32()));
        Assert.Equal("hi\nyou" + SimTokens.Text(3, 0, 2), EngineClient.TextOf(events));
        Assert.Equal([SimTokens.Id(3, 0), SimTokens.Id(3, 1)], events.SelectMany(static e => e.GetProperty("choices")[0].GetProperty("token_ids").EnumerateArray()).Select(static id => id.GetInt32()));
    }

    [Fact]
    public async Task AStopString_IsTheStopReason()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var events = await client.EventsAsync(Completions, """{"prompt":"hi","max_tokens":50,"stop":["3."],"stream":true,"krewe_sim":{"seed":3}}""");
        var last = events[^1].GetProperty("choices")[0];
        Assert.Equal(("stop", "3."), (last.GetProperty("finish_reason").GetString(), last.GetProperty("stop_reason").GetString()));
        var all = SimTokens.Text(3, 0, 50);
        Assert.Equal(all[..all.IndexOf("3.", StringComparison.Ordinal)], EngineClient.TextOf(events));
    }

    [Theory]
    [InlineData("/v1/completions", "{\"prompt\":5}", 400, "BadRequestError", "prompt")]
    [InlineData("/v1/completions", "{\"prompt\":\"x\",\"model\":\"other\"}", 404, "NotFoundError", "model")]
    [InlineData("/v1/nothing", "{}", 404, "NotFoundError", null)]
    [InlineData("/health", "{}", 405, "MethodNotAllowedError", null)]
    public async Task Errors_AreNested_WithANumberAsCode(string path, string body, int status, string type, string? param)
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var (answered, text) = await client.TextAsync(path, body);
        var error = JsonElement.Parse(text).GetProperty("error");
        Assert.Equal(status, (int)answered);
        Assert.Equal((status, type, param), (error.GetProperty("code").GetInt32(), error.GetProperty("type").GetString()!, error.GetProperty("param").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }
}
