using System.Net;
using System.Text;
using Krewe.Core.Instances;
using Krewe.EngineSim.Engine;
using Krewe.Gateway.Tests.Client;

namespace Krewe.Gateway.Tests.Resume;

/// <summary>A client whose request is gone posts it again with what it holds of the answer, and gets the rest.</summary>
public sealed class PostAgainTests
{
    private const int Tokens = 20;

    public static TheoryData<bool, bool, string> Shapes => new()
    {
        { true, false, "{}" },
        { false, false, "{}" },
        { true, true, "{}" },
        { true, false, """{"tokens_per_chunk":4}""" },
        { true, false, """{"split_characters":true}""" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task The_rest_follows_the_text_that_the_client_holds_from_any_event_on(bool chat, bool pair, string sim)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("d1", pair ? InstanceRole.Decode : InstanceRole.Mixed, options => options with { Timing = SimTiming.Instant });
        if (pair)
        {
            await gateway.EngineAsync("p1", InstanceRole.Prefill, options => options with { Timing = SimTiming.Instant });
        }

        using var undisturbed = await OpenAsync(gateway, chat, sim, null);
        var expected = await undisturbed.ReadAsync();
        var text = string.Concat(expected.Select(one => one.Text));
        var prompt = expected.Last(one => one.PromptTokens is not null).PromptTokens;
        for (var cut = 1; cut < expected.Count; cut++)
        {
            var held = expected.Take(cut).ToList();
            var has = string.Concat(held.Select(one => one.Text));
            var tokens = held.LastOrDefault(one => one.Text is { Length: > 0 })?.Tokens ?? 0;
            if (held.Exists(one => one.Finish is not null) || has.EndsWith('\ufffd'))
            {
                continue;
            }

            var resume = $$$"""{"resume":{"text":{{{System.Text.Json.JsonSerializer.Serialize(has)}}},"tokens":{{{tokens}}}}}""";
            using var again = await OpenAsync(gateway, chat, sim, resume);
            var rest = await again.ReadAsync();
            var what = $"cut {cut}: {has} + {string.Concat(rest.Select(one => one.Text))}";
            Assert.True(text == has + string.Concat(rest.Select(one => one.Text)), what);
            Assert.True(rest[^1].IsDone, what);
            Assert.Equal("length", rest.Single(one => one.Finish is not null).Finish);
            Assert.DoesNotContain(rest, one => one.HasRole && has.Length > 0);
            if (tokens < Tokens)
            {
                var usage = rest.Last(one => one.Tokens is not null);
                Assert.True((prompt, Tokens) == (usage.PromptTokens, usage.Tokens), $"{what}: {usage.Data}");
                Assert.DoesNotContain("\"krewe\"", Encoding.UTF8.GetString(engine.Received.Last().Body.Span), StringComparison.Ordinal);
            }
        }

        Assert.NotEmpty(gateway.Counters.Of("krewe.resumes"));
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task An_answer_of_which_only_the_end_is_missing_is_ended_without_an_engine()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var again = await OpenAsync(gateway, true, "{}", $$$"""{"resume":{"text":"all of it","tokens":{{{Tokens}}}}}""");
        var events = await again.ReadAsync();
        Assert.Equal("length", events[0].Finish);
        Assert.True(events[^1].IsDone);
        Assert.Equal(0, engine.State.Dispatches);
        Assert.Contains("{outcome=finished} 1", gateway.Counters.Of("krewe.resumes"));
    }

    [Fact]
    public async Task Who_holds_nothing_begins_anew()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var again = await OpenAsync(gateway, true, "{}", """{"resume":{"text":"","tokens":0}}""");
        var events = await again.ReadAsync();
        Assert.Single(events, one => one.HasRole);
        Assert.Equal(Tokens, events.Last(one => one.Tokens is not null).Tokens);
    }

    [Theory]
    [InlineData("\"seed\":1", "seed")]
    [InlineData("\"n\":2", "multiple_choices")]
    [InlineData("\"presence_penalty\":1", "penalties")]
    public async Task What_cannot_be_continued_soundly_is_refused_and_why(string field, string reason)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        var body = $$$"""{"model":"sim-model","messages":[{"role":"user","content":"q"}],"stream":true,{{{field}}},"krewe":{"resume":{"text":"a","tokens":1} } }""";
        using var response = await gateway.PostAsync("/v1/chat/completions", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await GatewayFixture.ErrorAsync(response);
        Assert.Equal(("krewe.resume", "invalid_request"), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.Contains(reason, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, engine.State.Dispatches);
        Assert.Contains("{outcome=refused} 1", gateway.Counters.Of("krewe.resumes"));
    }

    [Theory]
    [InlineData("\"krewe\":1", "krewe")]
    [InlineData("\"krewe\":{\"resume\":1}", "krewe.resume")]
    [InlineData("\"krewe\":{\"resume\":{}}", "krewe.resume.text")]
    [InlineData("\"krewe\":{\"resume\":{\"text\":1}}", "krewe.resume.text")]
    [InlineData("\"krewe\":{\"resume\":{\"text\":\"a\",\"tokens\":-1}}", "krewe.resume.tokens")]
    [InlineData("\"krewe\":{\"resume\":{\"text\":\"a\",\"tokens\":1.5}}", "krewe.resume.tokens")]
    [InlineData("\"stream\":false,\"krewe\":{\"resume\":{\"text\":\"a\"}}", "krewe.resume")]
    public async Task What_is_wrong_with_it_is_named(string fields, string param)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var stream = fields.Contains("stream", StringComparison.Ordinal) ? "" : "\"stream\":true,";
        using var response = await gateway.PostAsync(
            "/v1/chat/completions", $$$"""{"model":"sim-model","messages":[{"role":"user","content":"q"}],{{{stream}}}{{{fields}}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(param, (await GatewayFixture.ErrorAsync(response)).GetProperty("param").GetString());
    }

    private static async Task<HeldConnection> OpenAsync(GatewayFixture gateway, bool chat, string sim, string? krewe)
    {
        var prompt = chat ? "\"messages\":[{\"role\":\"user\",\"content\":\"Which krewes are there?\"}]" : "\"prompt\":\"Which krewes are there?\"";
        var ours = krewe is null ? "" : $",\"krewe\":{krewe}";
        var response = await gateway.PostAsync(
            chat ? "/v1/chat/completions" : "/v1/completions",
            $"{{\"model\":\"sim-model\",{prompt},\"max_tokens\":{Tokens},\"ignore_eos\":true,\"stream\":true,\"stream_options\":{{\"include_usage\":true}},\"krewe_sim\":{sim}{ours}}}",
            default,
            ("Krewe-Resume-Ms", "60000"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new HeldConnection(response);
    }
}
