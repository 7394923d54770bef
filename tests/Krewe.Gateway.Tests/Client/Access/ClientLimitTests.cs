using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.EngineSim.Engine;
using Krewe.Gateway.Client;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Client.Access;

/// <summary>What a key may ask for in a time.</summary>
public sealed class ClientLimitTests
{
    [Fact]
    public async Task Requests_beyond_a_key_s_limit_are_told_when_to_come_again()
    {
        var clock = new ManualTimeProvider();
        var options = new ClientPortOptions();
        var key = options.Add("app", entry => entry.RequestsPerMinute = 2);
        var other = options.Add("other");
        await using var gateway = await GatewayFixture.StartAsync(options: options, keysTime: clock);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);

        using var first = await AskAsync(gateway, key);
        Assert.Equal((HttpStatusCode.OK, "2", "1", "30s"), (first.StatusCode, Header(first, "x-ratelimit-limit-requests"), Header(first, "x-ratelimit-remaining-requests"), Header(first, "x-ratelimit-reset-requests")));
        using var second = await AskAsync(gateway, key);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        using var third = await AskAsync(gateway, key);
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        var error = await GatewayFixture.ErrorAsync(third);
        Assert.Equal(("rate_limited", "rate_limit_error"), (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()));
        Assert.Equal(("30", "0", "true"), (Header(third, "Retry-After"), Header(third, "x-ratelimit-remaining-requests"), Header(third, "x-should-retry")));
        Assert.Equal(["{outcome=rate_limited} 1"], gateway.Counters.Of("krewe.client.refusals"));

        // Another key has its own, here none, and is told nothing.
        using var another = await AskAsync(gateway, other);
        Assert.Equal(HttpStatusCode.OK, another.StatusCode);
        Assert.False(another.Headers.Contains("x-ratelimit-limit-requests"));

        clock.Advance(TimeSpan.FromSeconds(30));
        using var later = await AskAsync(gateway, key);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tokens_are_taken_as_expected_and_settled_by_what_was_used(bool stream)
    {
        var clock = new ManualTimeProvider();
        var options = new ClientPortOptions();
        var key = options.Add("app", entry => entry.TokensPerMinute = 1_000);
        await using var gateway = await GatewayFixture.StartAsync(options: options, keysTime: clock);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);

        var used = 0;
        using (var first = await AskAsync(gateway, key, maxTokens: 900, stream: stream, answerTokens: 8))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            Assert.InRange(int.Parse(Header(first, "x-ratelimit-remaining-tokens")!, System.Globalization.CultureInfo.InvariantCulture), 1, 100);
            used = stream ? (await Answer.ReadAsync(first)).Usage!.Value.Total : (await first.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage").GetProperty("total_tokens").GetInt32();
        }

        // The books are settled once the request is over, which its client may know a moment earlier.
        await Eventually.TrueAsync(async () =>
        {
            using var next = await AskAsync(gateway, key, maxTokens: 1);
            used += 1 + (await next.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
            return Math.Abs(1_000 - used - int.Parse(Header(next, "x-ratelimit-remaining-tokens")!, System.Globalization.CultureInfo.InvariantCulture)) <= 40;
        });

        using var tooMuch = await AskAsync(gateway, key, maxTokens: 999);
        Assert.Equal(HttpStatusCode.TooManyRequests, tooMuch.StatusCode);
        Assert.Equal("rate_limited", (await GatewayFixture.ErrorAsync(tooMuch)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task No_more_requests_run_at_once_than_a_key_may_have()
    {
        var options = new ClientPortOptions();
        var key = options.Add("app", entry => entry.MaxRunning = 1);
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed, sim => sim with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } });
        using (var running = await AskAsync(gateway, key, maxTokens: 500, stream: true))
        {
            using var second = await AskAsync(gateway, key);
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        }

        await Eventually.TrueAsync(async () =>
        {
            using var next = await AskAsync(gateway, key);
            return next.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task Streams_that_are_held_for_clients_that_left_count_as_running()
    {
        const int Most = 3;
        var options = new ClientPortOptions();
        var key = options.Add("app", entry => entry.MaxRunning = Most);
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, sim => sim with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } });
        var held = new List<string>();
        for (var i = 0; i < Most; i++)
        {
            using var answer = await OpenAsync();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            using var connection = new Resume.HeldConnection(answer);
            await connection.ReadAsync(2);
            held.Add(connection.Id);
        }

        // All have left; what they began runs on, and the engine has no more of this key's than it may have.
        await Eventually.TrueAsync(() => engine.State.Running == Most, what: "they run on without a connection");
        using (var more = await OpenAsync())
        using (var plain = await AskAsync(gateway, key))
        {
            Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests), (more.StatusCode, plain.StatusCode));
            Assert.Equal("rate_limited", (await GatewayFixture.ErrorAsync(more)).GetProperty("code").GetString());
        }

        Assert.Equal(Most, engine.State.Running);

        // To read on takes no place; to end one gives its place back.
        using (var again = await SendAsync(HttpMethod.Get, $"/v1/requests/{held[0]}/stream"))
        {
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }

        using (var ended = await SendAsync(HttpMethod.Delete, $"/v1/requests/{held[0]}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        }

        await Eventually.TrueAsync(async () =>
        {
            using var next = await AskAsync(gateway, key);
            return next.StatusCode == HttpStatusCode.OK;
        });

        Task<HttpResponseMessage> OpenAsync() => gateway.PostAsync(
            "/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 5_000), default, Keys.Bearer(key), ("Krewe-Resume-Ms", "60000"));

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, path) { Headers = { { "Authorization", "Bearer " + key } } };
            return await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
    }

    private static Task<HttpResponseMessage> AskAsync(GatewayFixture gateway, string key, int maxTokens = 4, bool stream = false, int? answerTokens = null) => gateway.PostAsync(
        "/v1/completions",
        new
        {
            model = "sim-model",
            prompt = "A short prompt.",
            max_tokens = maxTokens,
            stream,
            stream_options = stream ? new { include_usage = true } : null,
            krewe_sim = answerTokens is { } tokens ? (object)new { answer_tokens = tokens } : new { },
        },
        default,
        Keys.Bearer(key));

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
