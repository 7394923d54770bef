using System.Net;
using System.Text;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Client;

/// <summary>What is let in, what waits, and what is told to come again.</summary>
public sealed class AdmissionTests
{
    public static TheoryData<string, string, string> BadBodies => new()
    {
        { "/v1/chat/completions", "", "-" },
        { "/v1/chat/completions", "{", "-" },
        { "/v1/chat/completions", "[]", "-" },
        { "/v1/chat/completions", "{\"messages\":[{}]}", "model" },
        { "/v1/chat/completions", "{\"model\":7,\"messages\":[{}]}", "model" },
        { "/v1/chat/completions", "{\"model\":\"\",\"messages\":[{}]}", "model" },
        { "/v1/chat/completions", "{\"model\":\"sim-model\"}", "messages" },
        { "/v1/chat/completions", "{\"model\":\"sim-model\",\"messages\":\"hi\"}", "messages" },
        { "/v1/chat/completions", "{\"model\":\"sim-model\",\"messages\":[{}],\"stream\":\"yes\"}", "stream" },
        { "/v1/chat/completions", "{\"model\":\"sim-model\",\"messages\":[{}],\"max_tokens\":-1}", "max_tokens" },
        { "/v1/chat/completions", "{\"model\":\"sim-model\",\"messages\":[{}],\"n\":0}", "n" },
        { "/v1/completions", "{\"model\":\"sim-model\"}", "prompt" },
        { "/v1/completions", "{\"model\":\"sim-model\",\"prompt\":{}}", "prompt" },
        { "/v1/embeddings", "{\"model\":\"sim-model\"}", "input" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_body_is_refused_with_the_name_of_the_field(string path, string body, string param)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var response = await gateway.PostAsync(path, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await GatewayFixture.ErrorAsync(response);
        Assert.Equal("invalid_request", error.GetProperty("code").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString() ?? "-");
        Assert.NotEmpty(response.Headers.GetValues("Krewe-Request-Id").Single());
    }

    [Theory]
    [InlineData("Krewe-Deadline-Ms", "soon")]
    [InlineData("Krewe-Deadline-Ms", "0")]
    [InlineData("Krewe-Deadline-Ms", "99999999999")]
    [InlineData("Krewe-Priority", "urgent")]
    public async Task A_bad_header_is_named(string name, string value)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, (name, value));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(name, (await GatewayFixture.ErrorAsync(response)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Unknown_models_paths_and_methods_are_told_in_the_contract_s_shape()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var model = await gateway.PostAsync("/v1/chat/completions", """{"model":"nope","messages":[{}]}""");
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (model.StatusCode, (await GatewayFixture.ErrorAsync(model)).GetProperty("code").GetString()));
        using var path = await gateway.Http.GetAsync("/v2/chat");
        Assert.Equal((HttpStatusCode.NotFound, "unknown_path"), (path.StatusCode, (await GatewayFixture.ErrorAsync(path)).GetProperty("code").GetString()));
        using var method = await gateway.Http.GetAsync("/v1/chat/completions");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed"), (method.StatusCode, (await GatewayFixture.ErrorAsync(method)).GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_large_is_refused(bool announced)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var content = announced
            ? new StringContent(new string(' ', 100_000), Encoding.UTF8)
            : (HttpContent)new StreamContent(new ChunkedStream(new MemoryStream(new byte[100_000])));
        using var response = await gateway.Http.PostAsync("/v1/chat/completions", content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("request_too_large", (await GatewayFixture.ErrorAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Without_an_instance_the_client_is_told_at_once_to_come_again()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("no_instance", (await GatewayFixture.ErrorAsync(response)).GetProperty("code").GetString());
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task What_finds_no_room_waits_in_order_and_what_finds_no_place_to_wait_is_refused()
    {
        await using var gateway = await GatewayFixture.StartAsync(PoolDefinition.ForModel(GatewayFixture.Pool, "sim-model") with { QueueLimit = 2 });
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Slow, maxConcurrency: 1);
        var admission = gateway.Fleet.View.Find(GatewayFixture.Pool)!.Admission;
        var ended = new List<int>();
        var first = RunAsync(0);
        await Eventually.TrueAsync(() => gateway.Fleet.Reservations.Count == 1);
        var second = RunAsync(1);
        await Eventually.TrueAsync(() => admission.Waiting == 1);
        var third = RunAsync(2);
        await Eventually.TrueAsync(() => admission.Waiting == 2);
        using var refused = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("queue_full", (await GatewayFixture.ErrorAsync(refused)).GetProperty("code").GetString());

        await Task.WhenAll(first, second, third);
        Assert.Equal([0, 1, 2], ended);
        await gateway.IdleAsync();

        async Task RunAsync(int number)
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat($"Number {number}", maxTokens: 20));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync();
            lock (ended)
            {
                ended.Add(number);
            }
        }
    }

    [Fact]
    public async Task A_draining_silo_finishes_what_runs_and_refuses_what_comes()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Slow);
        using var running = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 50));
        var drained = gateway.Lifetime.DrainAsync(CancellationToken.None);
        using var ready = await gateway.Http.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        await Eventually.TrueAsync(async () =>
        {
            using var refused = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
            return refused.StatusCode == HttpStatusCode.ServiceUnavailable && (await GatewayFixture.ErrorAsync(refused)).GetProperty("code").GetString() == "draining";
        });
        Assert.Equal("[DONE]", (await Sse.DataAsync(running).ToListAsync())[^1]);
        await drained;
    }

    private static SimEngineOptions Slow(SimEngineOptions options) => options with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } };

    /// <summary>Hides its length, so that it is sent in chunks.</summary>
    private sealed class ChunkedStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
