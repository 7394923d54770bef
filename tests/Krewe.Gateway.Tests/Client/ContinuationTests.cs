using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Client;

/// <summary>A stream whose engine dies, falls silent or is replaced goes on elsewhere, and the client does not notice.</summary>
public sealed class ContinuationTests
{
    private const int Tokens = 60;
    private const string Role = """{"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_of_the_engine_that_generates_is_made_good(bool pair)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var role = pair ? InstanceRole.Decode : InstanceRole.Mixed;
        SimEngineHost[] engines = [await gateway.EngineAsync("a", role, Slow), await gateway.EngineAsync("b", role, Slow)];
        if (pair)
        {
            await gateway.EngineAsync("p1", InstanceRole.Prefill);
        }

        var expected = await UndisturbedAsync(gateway);
        var (response, served) = await UnderWayAsync(gateway, engines);
        await served.CrashAsync();
        await AssertUnbrokenAsync(gateway, response, expected, served.Name, AttemptCause.StreamBroken, AttemptCause.ConnectionReset, AttemptCause.EpochLost);
    }

    [Fact]
    public async Task A_crash_of_the_prefill_engine_midway_is_made_good()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        SimEngineHost[] prefills = [await gateway.EngineAsync("p1", InstanceRole.Prefill, LongPrefill), await gateway.EngineAsync("p2", InstanceRole.Prefill, LongPrefill)];
        var decode = await gateway.EngineAsync("d1", InstanceRole.Decode);
        var expected = await UndisturbedAsync(gateway);
        var call = gateway.PostAsync("/v1/chat/completions", Body());
        var served = await ServingAsync(prefills);
        await served.CrashAsync();
        using var response = await call;
        var answer = await Answer.ReadAsync(response);
        Assert.Equal((expected.Text, expected.Finish, expected.Usage, true), (answer.Text, answer.Finish, answer.Usage, answer.IsDone));
        var first = (await gateway.RequestAsync(response)).Attempts[0];
        Assert.Equal((served.Name, LegKind.Prefill), (first.Prefill.Name, first.FailedLeg));
        Assert.Equal(2, decode.State.Dispatches);
        await gateway.IdleAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_engine_that_falls_silent_is_left_and_no_stale_byte_comes_when_it_wakes(bool wakes)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        SimEngineHost[] engines = [await gateway.EngineAsync("a", InstanceRole.Mixed, Slow), await gateway.EngineAsync("b", InstanceRole.Mixed, Slow)];
        var expected = await UndisturbedAsync(gateway);
        var (response, served) = await UnderWayAsync(gateway, engines);
        served.Faults.Freeze();
        if (wakes)
        {
            var other = engines.Single(engine => engine != served);
            var before = other.State.Dispatches;
            await Eventually.TrueAsync(() => other.State.Dispatches > before, what: "the stream moved");
            served.Faults.Thaw();
        }

        await AssertUnbrokenAsync(gateway, response, expected, served.Name, AttemptCause.IdleTimeout, AttemptCause.EpochLost);
        served.Faults.Clear();
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_lost_epoch_moves_a_stream_that_still_flows()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var old = await gateway.EngineAsync("a", InstanceRole.Mixed, Slow);
        var expected = await UndisturbedAsync(gateway);
        var other = await SimEngineHost.StartAsync(old.Options with { Name = "other", Port = 0 }, TestContext.Current.CancellationToken);
        await using (other)
        {
            var (response, _) = await UnderWayAsync(gateway, old);

            // The same name at another address is another life.
            await gateway.RegisterAsync("a", InstanceRole.Mixed, other.Url, old.Incarnation);
            await AssertUnbrokenAsync(gateway, response, expected, "a", AttemptCause.EpochLost);
        }
    }

    [Fact]
    public async Task Silence_that_only_the_fleet_notices_moves_a_stream_too()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with
        {
            Idle = TimeSpan.FromMinutes(5), LeaseTtl = TimeSpan.FromMilliseconds(600),
        });
        SimEngineHost[] engines = [await gateway.EngineAsync("a", InstanceRole.Mixed, Slow), await gateway.EngineAsync("b", InstanceRole.Mixed, Slow)];
        var expected = await UndisturbedAsync(gateway);
        var (response, served) = await UnderWayAsync(gateway, engines);
        served.Faults.Freeze();
        await AssertUnbrokenAsync(gateway, response, expected, served.Name, AttemptCause.EpochLost);
        served.Faults.Clear();
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task Two_engines_may_break_one_after_the_other()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var first = await gateway.EngineAsync("a", InstanceRole.Mixed);
        var second = await gateway.EngineAsync("b", InstanceRole.Mixed);
        var expected = await UndisturbedAsync(gateway);
        first.Faults.Cut(20, SimCut.Fin, count: 1);
        second.Faults.Cut(20, SimCut.Fin, count: 1);
        using var response = await gateway.PostAsync("/v1/chat/completions", Body());
        var answer = await Answer.ReadAsync(response);
        Assert.Equal((expected.Text, expected.Finish, expected.Usage, true), (answer.Text, answer.Finish, answer.Usage, answer.IsDone));
        var attempts = (await gateway.RequestAsync(response)).Attempts;
        Assert.Equal([20, 20, 20], attempts.Select(attempt => attempt.TokensSent));
        Assert.Equal(["{outcome=continued,reason=none} 2"], gateway.Counters.Of("krewe.continuations"));
    }

    [Theory]
    [InlineData(SimCut.End)]
    [InlineData(SimCut.Fin)]
    [InlineData(SimCut.Reset)]
    [InlineData(SimCut.Stall)]
    [InlineData(SimCut.Error)]
    public async Task However_a_stream_breaks_it_goes_on(SimCut how)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed);
        var expected = await UndisturbedAsync(gateway);
        engine.Faults.Cut(17, how, count: 1);
        using var response = await gateway.PostAsync("/v1/chat/completions", Body());
        var answer = await Answer.ReadAsync(response);
        Assert.Equal((expected.Text, expected.Finish, expected.Usage, true, false), (answer.Text, answer.Finish, answer.Usage, answer.IsDone, answer.IsCut));
        Assert.Equal(2, (await gateway.RequestAsync(response)).Attempts.Count);
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_request_that_does_not_stream_is_simply_run_again()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed);
        engine.Faults.Cut(5, SimCut.Reset, count: 1);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(maxTokens: 20));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(20, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(2, (await gateway.RequestAsync(response)).Attempts.Count);
        Assert.Empty(gateway.Counters.Of("krewe.continuations"));
        var bodies = engine.Received.Select(one => Encoding.UTF8.GetString(one.Body.Span)).ToList();
        Assert.Equal(bodies[0], bodies[1]);
    }

    [Fact]
    public async Task After_the_role_alone_the_request_is_run_again_and_has_no_second_role()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var engine = await ScriptedEngine.StartAsync();
        await gateway.RegisterAsync("m1", InstanceRole.Mixed, engine.Url);
        engine.Breaks(Role);
        engine.Answers(
            Role.Replace("\"a\"", "\"b\"", StringComparison.Ordinal).Replace("\"created\":1", "\"created\":2", StringComparison.Ordinal),
            Chunk("b", "{\"content\":\"x\"}", "\"stop\"", null));
        using var response = await gateway.PostAsync("/v1/chat/completions", Request("\"seed\":1"));
        var answer = await Answer.ReadAsync(response);
        Assert.Equal(("x", "stop", true), (answer.Text, answer.Finish, answer.IsDone));
        Assert.All(answer.Data.SkipLast(1), data => Assert.Contains("\"id\":\"a\"", data, StringComparison.Ordinal));
        Assert.Equal(["{outcome=restarted,reason=none} 1"], gateway.Counters.Of("krewe.continuations"));
        Assert.Single(engine.Received.Distinct());
    }

    [Theory]
    [InlineData(null, "length", 4)]
    [InlineData("\"stop\"", "stop", 4)]
    [InlineData("\"length\"", "length", 4)]
    public async Task An_answer_with_all_its_tokens_lacks_only_its_end_which_is_written_here(string? finish, string expected, int tokens)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var engine = await ScriptedEngine.StartAsync();
        await gateway.RegisterAsync("m1", InstanceRole.Mixed, engine.Url);
        engine.Breaks(Role, Chunk("a", "{\"content\":\"x\"}", finish ?? "null", tokens));
        using var response = await gateway.PostAsync("/v1/chat/completions", Request("\"max_tokens\":4,\"stream_options\":{\"include_usage\":true}"));
        var answer = await Answer.ReadAsync(response);
        Assert.Equal(("x", expected, (3, tokens, 3 + tokens), true, false), (answer.Text, answer.Finish, answer.Usage!.Value, answer.IsDone, answer.IsCut));
        var request = await gateway.RequestAsync(response);
        Assert.Equal((RequestOutcome.Completed, AttemptCause.StreamBroken), (request.Outcome, Assert.Single(request.Attempts).Cause));
        Assert.Equal(tokens, request.TokensSent);
        Assert.Equal(["{outcome=finished,reason=none} 1"], gateway.Counters.Of("krewe.continuations"));
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task The_next_engine_is_asked_for_the_rest_only()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with { Continuation = ContinuationMode.Text });
        await using var engine = await ScriptedEngine.StartAsync();
        await gateway.RegisterAsync("m1", InstanceRole.Mixed, engine.Url);
        engine.Breaks(Role, Chunk("a", "{\"content\":\"Rex, \"}", "null", 3), Chunk("a", "{\"content\":\"\"}", "null", 4));
        engine.Answers(Role, Chunk("z", "{\"content\":\"Zulu\"}", "\"stop\"", 2));
        using var response = await gateway.PostAsync("/v1/chat/completions", Request("\"max_tokens\":9,\"min_tokens\":5,\"stream_options\":{\"include_usage\":true}"));
        var answer = await Answer.ReadAsync(response);
        Assert.Equal(("Rex, Zulu", "stop", (3, 5, 8)), (answer.Text, answer.Finish, answer.Usage!.Value));
        using var asked = JsonDocument.Parse(engine.Received.Last());
        Assert.Equal((6, 2, true, false), (
            asked.RootElement.GetProperty("max_tokens").GetInt32(),
            asked.RootElement.GetProperty("min_tokens").GetInt32(),
            asked.RootElement.GetProperty("continue_final_message").GetBoolean(),
            asked.RootElement.GetProperty("add_generation_prompt").GetBoolean()));
        Assert.Equal("Rex, ", asked.RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString());
    }

    [Fact]
    public async Task What_engines_are_made_to_tell_is_not_shown_unless_it_was_asked_for()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with { Continuation = ContinuationMode.Tokens });
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed);
        using var plain = await gateway.PostAsync("/v1/completions", """{"model":"sim-model","prompt":"a","max_tokens":5,"stream":true}""");
        var text = await plain.Content.ReadAsStringAsync();
        var sent = Encoding.UTF8.GetString(engine.Received.Last().Body.Span);
        Assert.Contains("continuous_usage_stats", sent, StringComparison.Ordinal);
        Assert.Contains("return_token_ids", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("\"usage\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("_ids\":[", text, StringComparison.Ordinal);

        engine.Faults.Cut(2, SimCut.Fin, count: 1);
        using var asked = await gateway.PostAsync(
            "/v1/completions",
            """{"model":"sim-model","prompt":"a","max_tokens":5,"stream":true,"return_token_ids":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}""");
        var chunks = (await Sse.DataAsync(asked).ToListAsync()).SkipLast(1).Select(one => JsonDocument.Parse(one).RootElement).ToList();
        Assert.Equal(
            [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 5)],
            chunks.Select(chunk => (chunk.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), chunk.GetProperty("usage").GetProperty("completion_tokens").GetInt32())));
        Assert.All(chunks.SkipLast(1), chunk => Assert.Equal(1, chunk.GetProperty("choices")[0].GetProperty("token_ids").GetArrayLength()));
    }

    private static object Body() => new
    {
        model = "sim-model",
        messages = new[] { new { role = "user", content = "Which krewes are there?" } },
        max_tokens = Tokens,
        ignore_eos = true,
        stream = true,
        stream_options = new { include_usage = true },
    };

    private static string Request(string fields) => $"{{\"model\":\"sim-model\",\"messages\":[{{\"role\":\"user\",\"content\":\"q\"}}],\"stream\":true,{fields}}}";

    private static string Chunk(string id, string delta, string finish, int? tokens) =>
        $$$"""{"id":"{{{id}}}","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{{finish}}}}]{{{(tokens is null ? "" : $$""","usage":{"prompt_tokens":3,"completion_tokens":{{tokens}}}""")}}}}""";

    private static SimEngineOptions Slow(SimEngineOptions options) => options with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(15) } };

    private static SimEngineOptions LongPrefill(SimEngineOptions options) => options with { Timing = new SimTiming { FixedTtft = TimeSpan.FromMilliseconds(400) } };

    private static async Task<Answer> UndisturbedAsync(GatewayFixture gateway)
    {
        using var response = await gateway.PostAsync("/v1/chat/completions", Body());
        var answer = await Answer.ReadAsync(response);
        Assert.True(answer.IsDone);
        Assert.Equal("length", answer.Finish);
        Assert.Equal(Tokens, answer.Usage!.Value.Completion);
        await gateway.IdleAsync();
        return answer;
    }

    private static async Task<SimEngineHost> ServingAsync(SimEngineHost[] engines)
    {
        await Eventually.TrueAsync(() => engines.Any(engine => engine.State.Running == 1), what: "an engine works");
        return engines.Single(engine => engine.State.Running == 1);
    }

    /// <summary>A stream that has brought some of its tokens, and who makes them.</summary>
    private static async Task<(HttpResponseMessage Response, SimEngineHost Engine)> UnderWayAsync(GatewayFixture gateway, params SimEngineHost[] engines)
    {
        var before = engines.ToDictionary(engine => engine, engine => engine.State.GeneratedTokens);
        var response = await gateway.PostAsync("/v1/chat/completions", Body());
        await Eventually.TrueAsync(() => engines.Any(engine => engine.State.GeneratedTokens >= before[engine] + 10), what: "the stream is under way");
        return (response, engines.Single(engine => engine.State.GeneratedTokens > before[engine]));
    }

    private static async Task AssertUnbrokenAsync(GatewayFixture gateway, HttpResponseMessage response, Answer expected, string victim, params AttemptCause[] causes)
    {
        var answer = await Answer.ReadAsync(response);
        var request = await gateway.RequestAsync(response);
        var what = string.Join(", ", request.Attempts.Select(one => $"{one.Decode.Name} {one.Cause} {one.TokensSent}"));
        Assert.True(expected.Text == answer.Text, $"{what}\n{expected.Text}\n{answer.Text}");
        Assert.Equal((expected.Finish, expected.Usage, true, false), (answer.Finish, answer.Usage, answer.IsDone, answer.IsCut));
        Assert.Equal((victim, RequestOutcome.Completed, (long)Tokens), (request.Attempts[0].Decode.Name, request.Outcome, request.TokensSent));
        Assert.Contains(request.Attempts[0].Cause!.Value, causes);
        Assert.InRange(request.Attempts[0].TokensSent, 1, Tokens - 1);
        response.Dispose();
        Assert.Equal(["{outcome=continued,reason=none} 1"], gateway.Counters.Of("krewe.continuations"));
    }
}
