using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Tokens;

namespace Krewe.Gateway.Tests.Client;

/// <summary>What cannot go on soundly ends with one error event and a cut connection, and is counted by its reason.</summary>
public sealed class ContinuationRefusalTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]";
    private const string Role = """{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";

    public static TheoryData<string, string> Asked => new()
    {
        { "\"seed\":7", "seed" },
        { "\"presence_penalty\":0.5", "penalties" },
        { "\"frequency_penalty\":0.5", "penalties" },
        { "\"repetition_penalty\":1.2", "penalties" },
        { "\"n\":2", "multiple_choices" },
        { "\"logprobs\":true", "logprobs" },
        { "\"response_format\":{\"type\":\"json_object\"}", "guided_decoding" },
        { "\"guided_choice\":[\"a\"]", "guided_decoding" },
        { "\"tools\":[{}],\"tool_choice\":\"required\"", "forced_tool" },
        { "\"use_beam_search\":true", "beam_search" },
        { "\"continue_final_message\":true,\"add_generation_prompt\":false", "client_continues" },
    };

    public static TheoryData<string, string> Completions => new()
    {
        { "\"prompt\":\"a\",\"best_of\":2", "best_of" },
        { "\"prompt\":\"a\",\"echo\":true", "echo" },
        { "\"prompt\":\"a\",\"suffix\":\"b\"", "suffix" },
        { "\"prompt\":\"a\",\"logprobs\":1", "logprobs" },
        { "\"prompt\":[\"a\",\"b\"]", "list_prompt" },
    };

    public static TheoryData<string, string> Deltas => new()
    {
        { "{\"reasoning_content\":\"hm\"}", "reasoning" },
        { "{\"content\":\"a\",\"reasoning\":\"hm\"}", "reasoning" },
        { "{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}", "tool_call" },
        { "{\"function_call\":{\"name\":\"f\"}}", "tool_call" },
        { "{\"content\":\"a\\ud83d\"}", "half_character" },
        { "{\"content\":\"a\\ufffd\"}", "half_character" },
        { "{\"content\":\"more than may be kept of it\"}", "text_overflow" },
    };

    [Theory]
    [MemberData(nameof(Asked))]
    public Task What_a_chat_asks_for_that_forbids_it(string fields, string reason) =>
        RefusedAsync("/v1/chat/completions", $"{{\"model\":\"sim-model\",\"stream\":true,{Messages},{fields}}}", [Role, Delta("{\"content\":\"a\"}")], reason);

    [Theory]
    [MemberData(nameof(Completions))]
    public Task What_a_completion_asks_for_that_forbids_it(string fields, string reason) =>
        RefusedAsync("/v1/completions", $"{{\"model\":\"sim-model\",\"stream\":true,{fields}}}", [Text("a")], reason);

    [Theory]
    [MemberData(nameof(Deltas))]
    public Task What_the_answer_holds_that_forbids_it(string delta, string reason) =>
        RefusedAsync("/v1/chat/completions", $"{{\"model\":\"sim-model\",\"stream\":true,{Messages}}}", [Role, Delta(delta)], reason, maxBytes: 16);

    [Fact]
    public Task A_limit_that_nobody_counts_towards() =>
        RefusedAsync("/v1/completions", "{\"model\":\"sim-model\",\"stream\":true,\"prompt\":\"a\",\"max_tokens\":9}", [Text("a")], "not_counted");

    [Fact]
    public Task A_pool_whose_mode_is_off() => RefusedAsync(
        "/v1/completions", "{\"model\":\"sim-model\",\"stream\":true,\"prompt\":\"a\"}", [Text("a")], "off", mode: ContinuationMode.Off);

    [Fact]
    public Task A_protocol_that_cannot() => RefusedAsync(
        "/v1/chat/completions",
        $"{{\"model\":\"sim-model\",\"stream\":true,{Messages}}}",
        [Role, Delta("{\"content\":\"a\"}")],
        "protocol",
        protocol: EngineProtocol.OpenAI,
        causes: [AttemptCause.StreamBroken, AttemptCause.NotContinued]);

    [Fact]
    public Task A_template_that_cannot_be_tested() => RefusedAsync(
        "/v1/chat/completions",
        $"{{\"model\":\"sim-model\",\"stream\":true,{Messages}}}",
        [Role, Delta("{\"content\":\"a\"}")],
        "template",
        causes: [AttemptCause.StreamBroken, AttemptCause.NotContinued]);

    [Theory]
    [InlineData(ChatTemplate.Trims)]
    [InlineData(ChatTemplate.Inserts)]
    public async Task A_template_that_changes_partial_answers_and_was_not_known_when_the_answer_began(ChatTemplate template)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        foreach (var name in new[] { "m1", "m2" })
        {
            var engine = await gateway.EngineAsync(name, InstanceRole.Mixed, options => options with { Template = template, Timing = SimTiming.Instant });
            engine.Faults.Cut(10, SimCut.Fin, count: 1);
        }

        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 20));
        await AssertRefusedAsync(gateway, response, "template", [AttemptCause.StreamBroken, AttemptCause.NotContinued]);
    }

    [Fact]
    public async Task No_other_attempt_to_be_had_is_a_reason_too()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with
        {
            Retry = GatewayFixture.QuickPool().Retry with { Attempts = 1 },
        });
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        engine.Faults.Cut(5, SimCut.Error);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 20));
        await AssertRefusedAsync(gateway, response, "no_attempt", [AttemptCause.EngineError]);
    }

    private static string Delta(string delta) =>
        $$$"""{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":null}]}""";

    private static string Text(string text) =>
        $$$"""{"id":"a","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"{{{text}}}","finish_reason":null}]}""";

    private static async Task RefusedAsync(
        string path,
        string body,
        string[] events,
        string reason,
        ContinuationMode mode = ContinuationMode.Auto,
        EngineProtocol protocol = EngineProtocol.Vllm,
        int maxBytes = 1 << 20,
        AttemptCause[]? causes = null)
    {
        await using var gateway = await GatewayFixture.StartAsync(
            GatewayFixture.QuickPool() with { Continuation = mode }, options: new() { MaxContinuationBytes = maxBytes });
        await using var engine = await ScriptedEngine.StartAsync();
        await gateway.RegisterAsync("m1", InstanceRole.Mixed, engine.Url, protocol: protocol);
        engine.Breaks(events);
        using var response = await gateway.PostAsync(path, body);
        await AssertRefusedAsync(gateway, response, reason, causes ?? [AttemptCause.StreamBroken]);
        Assert.Single(engine.Received);
    }

    private static async Task AssertRefusedAsync(GatewayFixture gateway, HttpResponseMessage response, string reason, AttemptCause[] causes)
    {
        var answer = await Answer.ReadAsync(response);
        Assert.Equal((true, false, "engine_error"), (answer.IsCut, answer.IsDone, answer.ErrorCode));
        var request = await gateway.RequestAsync(response);
        Assert.Equal(RequestOutcome.EngineError, request.Outcome);
        Assert.Equal(causes, request.Attempts.Select(attempt => attempt.Cause!.Value));
        Assert.Equal([$"{{outcome=refused,reason={reason}}} 1"], gateway.Counters.Of("krewe.continuations"));
        await gateway.IdleAsync();
    }
}
