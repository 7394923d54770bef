using System.Globalization;
using System.Text.Json;
using Krewe.EngineSim.Hosting;
using Krewe.Testing;

namespace Krewe.EngineSim.Tests.Http;

public sealed class EngineInfoTests
{
    [Fact]
    public async Task Models_ListTheModel_AsVllmDoes()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var model = Assert.Single(JsonElement.Parse(await client.Http.GetStringAsync("/v1/models")).GetProperty("data").EnumerateArray());
        Assert.Equal(("sim-model", "model", "vllm", 32_768), (model.GetProperty("id").GetString(), model.GetProperty("object").GetString(), model.GetProperty("owned_by").GetString(), model.GetProperty("max_model_len").GetInt32()));
        Assert.Equal(JsonValueKind.Null, model.GetProperty("parent").ValueKind);
    }

    [Fact]
    public async Task Metrics_AreUnderVllmsNames_AndCount()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { Time = time, MaxRunning = 1, KvBlocks = 512 });
        using var running = await client.PostAsync("/v1/completions", """{"prompt":"one two three four five six seven","max_tokens":1000,"stream":true}""");
        using var waiting = await client.PostAsync("/v1/completions", """{"prompt":"hi","max_tokens":5,"stream":true}""");
        time.Advance(TimeSpan.FromSeconds(1));
        var metrics = Read(await client.Http.GetStringAsync("/metrics"));
        const string Labels = "{engine=\"0\",model_name=\"sim-model\"}";
        Assert.Equal(1, metrics["vllm:num_requests_running" + Labels]);
        Assert.Equal(1, metrics["vllm:num_requests_waiting" + Labels]);
        Assert.Equal(engine.State.BlocksInUse / 512.0, metrics["vllm:kv_cache_usage_perc" + Labels], 4);
        Assert.Equal(engine.State.GeneratedTokens, metrics["vllm:generation_tokens_total" + Labels]);
        Assert.Equal(engine.State.PromptTokens, metrics["vllm:prompt_tokens_total" + Labels]);
        Assert.Equal(1, metrics["vllm:time_to_first_token_seconds_count" + Labels]);
        Assert.Equal(engine.State.GeneratedTokens - 1, metrics["vllm:inter_token_latency_seconds_bucket{engine=\"0\",model_name=\"sim-model\",le=\"0.01\"}"]);
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds() - 1, metrics["process_start_time_seconds"], 3);

        // Another process would have started at another time.
        time.Advance(TimeSpan.FromSeconds(10));
        await engine.RestartAsync();
        var later = Read(await client.Http.GetStringAsync("/metrics"));
        Assert.Equal(metrics["process_start_time_seconds"] + 11, later["process_start_time_seconds"], 3);
        Assert.Equal(0, later["vllm:generation_tokens_total" + Labels]);
    }

    [Fact]
    public async Task Embeddings_FollowFromTheTextAlone()
    {
        await using var engines = new EngineFixture();
        var vectors = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var (_, client) = await engines.StartAsync();
            var data = (await client.JsonAsync("/v1/embeddings", """{"input":["a","b","a"]}""")).GetProperty("data");
            vectors.AddRange(data.EnumerateArray().Select(static item => item.GetProperty("embedding").GetRawText()));
        }

        Assert.Equal([0, 1, 0, 0, 1, 0], vectors.Select(vector => vectors.IndexOf(vector)));
        Assert.All(JsonElement.Parse(vectors[0]).EnumerateArray(), static value => Assert.InRange(value.GetDouble(), -1, 1));
    }

    [Fact]
    public async Task CachedTokens_AreToldOnlyWhereAskedForAtTheStart()
    {
        await using var engines = new EngineFixture();
        const string Body = """{"prompt":"one two three four five six seven eight nine ten eleven twelve","max_tokens":1}""";
        var (_, silent) = await engines.StartAsync();
        Assert.Equal(JsonValueKind.Null, (await silent.JsonAsync("/v1/completions", Body)).GetProperty("usage").GetProperty("prompt_tokens_details").ValueKind);
        var (_, client) = await engines.StartAsync(EngineFixture.Quick with { TellsCachedTokens = true });
        foreach (var cached in new[] { 0, 16 })
        {
            var usage = (await client.JsonAsync("/v1/completions", Body)).GetProperty("usage");
            Assert.Equal(cached, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        }
    }

    private static Dictionary<string, double> Read(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(static line => line[0] != '#')
        .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
