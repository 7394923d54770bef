using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.Core.Requests;

namespace Krewe.Gateway.Tests.Client;

/// <summary>What an engine says reaches the client, through exactly the instances that were bound.</summary>
public sealed class ServingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pair_serves_a_chat_with_both_legs_under_one_request_id(bool stream)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var prefill = await gateway.EngineAsync("p1", InstanceRole.Prefill);
        var decode = await gateway.EngineAsync("d1", InstanceRole.Decode);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: stream));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsStringAsync();

        var id = response.Headers.GetValues("Krewe-Request-Id").Single();
        Assert.Equal(1, prefill.DispatchesOf(id));
        Assert.Equal(1, decode.DispatchesOf(id));
        Assert.True(decode.State.TransferredTokens > 0, "the decode took the prefill's KV over");
        var request = await gateway.RequestAsync(response);
        var attempt = Assert.Single(request.Attempts);
        Assert.Equal(("p1", "d1"), (attempt.Prefill.Name, attempt.Decode.Name));
        Assert.Equal(8, request.TokensSent);
        Assert.Equal(RequestOutcome.Completed, request.Outcome);
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_stream_holds_the_very_text_that_a_whole_answer_holds()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var whole = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(maxTokens: 40));
        var text = (await whole.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        foreach (var shape in new object[]
        {
            new { }, new { split_characters = true }, new { split_writes = true },
            new { tokens_per_chunk = 4 }, new { comments = true }, new { crlf = true },
        })
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 40, sim: shape));
            var data = await Sse.DataAsync(response).ToListAsync();
            Assert.Equal("[DONE]", data[^1]);
            Assert.Equal(text, Sse.Text(data));
        }
    }

    [Fact]
    public async Task Several_choices_and_several_prompts_go_to_one_instance()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var prefill = await gateway.EngineAsync("p1", InstanceRole.Prefill);
        await gateway.EngineAsync("d1", InstanceRole.Decode);
        foreach (var body in new object[]
        {
            new { model = "sim-model", prompt = "a", n = 2, max_tokens = 3 },
            new { model = "sim-model", prompt = new[] { "a", "b" }, max_tokens = 3 },
        })
        {
            using var response = await gateway.PostAsync("/v1/completions", body);
            Assert.Equal(2, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("choices").GetArrayLength());
            var attempt = Assert.Single((await gateway.RequestAsync(response)).Attempts);
            Assert.Equal(("d1", "d1"), (attempt.Prefill.Name, attempt.Decode.Name));
        }

        Assert.Equal(0, prefill.State.Dispatches);
    }

    [Fact]
    public async Task A_prefill_that_ends_early_leaves_the_answer_to_the_decode_instance()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.EngineAsync("p1", InstanceRole.Prefill);
        var decode = await gateway.EngineAsync("d1", InstanceRole.Decode);
        // An answer of no tokens: its prefill ends by itself, and keeps nothing to hand over.
        using var response = await gateway.PostAsync(
            "/v1/completions", """{"model":"sim-model","prompt":"short","max_tokens":5,"krewe_sim":{"answer_tokens":0}}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var choice = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("choices")[0];
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(0, decode.State.TransferredTokens);
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task Engines_get_our_id_and_nothing_that_a_client_may_not_set()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        const string Body = """{ "model" : "sim-model", "prompt":"x", "max_tokens":1, "kv_transfer_params":{"do_remote_decode":true}, "cache_salt":"mine", "priority":-9, "krewe":{"a":1}, "unknown":[1, 2.50] }""";
        using var response = await gateway.PostAsync("/v1/completions", Body, default, ("X-Request-Id", "mine-1"), ("Authorization", "Bearer secret"));
        Assert.Equal("mine-1", response.Headers.GetValues("X-Request-Id").Single());
        var received = Assert.Single(engine.Received);
        var sent = System.Text.Encoding.UTF8.GetString(received.Body.Span);
        Assert.DoesNotContain("kv_transfer_params", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("cache_salt", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("priority", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("krewe", sent, StringComparison.Ordinal);
        Assert.Contains("\"unknown\":[1, 2.50]", sent, StringComparison.Ordinal);
        Assert.Equal(response.Headers.GetValues("Krewe-Request-Id").Single(), received.Headers.Single(header => header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).Value);
        Assert.DoesNotContain(received.Headers.Keys, key => key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_client_s_own_request_id_is_only_echoed_each_request_is_one_of_its_own()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);

        // Twice at once, and once more: a retry by the same id is a new request, of which each is served and told apart by ours.
        var answers = (await Task.WhenAll(AskAsync(), AskAsync())).Append(await AskAsync()).ToList();

        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.OK, "mine-1"), (answer.StatusCode, answer.Headers.GetValues("X-Request-Id").Single())));
        var ours = answers.Select(answer => answer.Headers.GetValues("Krewe-Request-Id").Single()).ToList();
        Assert.Equal(3, ours.Distinct().Count());
        Assert.Equal(
            ours.Order(StringComparer.Ordinal),
            engine.Received.Select(received => received.Headers.Single(header => header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).Value).Order(StringComparer.Ordinal));
        Assert.All(await Task.WhenAll(answers.Select(answer => gateway.RequestAsync(answer))), request => Assert.Equal((RequestOutcome.Completed, 1), (request.Outcome, request.Attempts.Count)));

        // It keys no look-up.
        using var unknown = await gateway.Http.GetAsync("/v1/requests/mine-1");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        answers.ForEach(answer => answer.Dispose());

        Task<HttpResponseMessage> AskAsync() => gateway.PostAsync("/v1/completions", """{"model":"sim-model","prompt":"x","max_tokens":2}""", default, ("X-Request-Id", "mine-1"));
    }

    [Fact]
    public async Task Embeddings_models_and_health_are_served()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var embeddings = await gateway.PostAsync("/v1/embeddings", """{"model":"sim-model","input":"parade"}""");
        Assert.Equal(HttpStatusCode.OK, embeddings.StatusCode);
        Assert.True((await embeddings.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data")[0].GetProperty("embedding").GetArrayLength() > 0);
        var models = await gateway.Http.GetFromJsonAsync<JsonElement>("/v1/models");
        Assert.Equal("sim-model", Assert.Single(models.GetProperty("data").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("sim-model", (await gateway.Http.GetFromJsonAsync<JsonElement>("/v1/models/sim-model")).GetProperty("id").GetString());
        Assert.Equal("ok\n", await gateway.Http.GetStringAsync("/livez"));
        Assert.Equal("ok\n", await gateway.Http.GetStringAsync("/readyz"));
    }
}
