using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Core.Instances;
using Krewe.EngineSim.Engine;
using Krewe.Gateway.Client;
using Krewe.Gateway.Ports;
using Krewe.Gateway.Tests.Client;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>What one caller can hold of a port.</summary>
public sealed class PortLimitsTests
{
    [Fact]
    public async Task Whoever_does_not_finish_its_headers_is_cut_off()
    {
        await using var gateway = await GatewayFixture.StartAsync(limits: new PortLimits { HeadersTimeout = TimeSpan.FromMilliseconds(200) });
        var answer = await RawHttp.AskAsync(gateway.Http.BaseAddress!, "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task Whoever_sends_its_body_too_slowly_is_told_and_cut_off()
    {
        await using var gateway = await GatewayFixture.StartAsync(limits: new PortLimits { SlowGrace = TimeSpan.FromSeconds(1.1) });
        var answer = await RawHttp.AskAsync(gateway.Http.BaseAddress!, "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{\"model\":");
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request_timeout\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_does_not_read_its_stream_is_cut_off_and_the_engine_let_go()
    {
        await using var gateway = await GatewayFixture.StartAsync(limits: new PortLimits { MinAnswerBytesPerSecond = 1 << 20, SlowGrace = TimeSpan.FromSeconds(1.1) });
        await using var engine = await ScriptedEngine.StartAsync();

        // More than any socket's buffers hold.
        var text = new string('x', 50_000);
        engine.Answers([.. Enumerable.Repeat($$"""{"id":"c","object":"text_completion","created":1,"model":"sim-model","choices":[{"index":0,"text":"{{text}}","finish_reason":null}]}""", 400)]);
        await gateway.RegisterAsync("m1", InstanceRole.Mixed, engine.Url);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(gateway.Http.BaseAddress!.Host, gateway.Http.BaseAddress.Port);
        const string Body = """{"model":"sim-model","prompt":"x","max_tokens":400,"stream":true}""";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
        await Eventually.TrueAsync(() => gateway.Fleet.Reservations.Count == 1);
        await gateway.IdleAsync();
        Assert.Equal(["{outcome=client_gone} 1"], gateway.Counters.Of("krewe.requests"));
    }

    [Theory]
    [InlineData(150, 10, 431)]
    [InlineData(3, 20_000, 431)]
    public async Task Too_many_or_too_large_headers_are_refused(int count, int bytes, int status)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i.ToString(CultureInfo.InvariantCulture)}: {new string('x', bytes)}\r\n"));
        var answer = await RawHttp.AskAsync(gateway.Http.BaseAddress!, $"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n");
        Assert.StartsWith($"HTTP/1.1 {status}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_line_beyond_the_limit_is_refused()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var answer = await RawHttp.AskAsync(gateway.Http.BaseAddress!, $"GET /v1/models/{new string('x', 10_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_and_those_within_it_served()
    {
        await using var gateway = await GatewayFixture.StartAsync(limits: new PortLimits { MaxConnections = 2 });
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/livez")).StatusCode);
        using var second = new TcpClient();
        await second.ConnectAsync(gateway.Http.BaseAddress!.Host, gateway.Http.BaseAddress.Port);
        await second.GetStream().WriteAsync("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        Assert.True(await second.GetStream().ReadAsync(new byte[100]) > 0);

        Assert.Equal("", await RawHttp.AskAsync(gateway.Http.BaseAddress, "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/livez")).StatusCode);
    }

    [Fact]
    public async Task Bodies_beyond_what_is_held_at_once_are_told_to_come_again_and_the_books_are_even_afterwards()
    {
        var options = new ClientPortOptions { MaxBodyBytes = 4096, MaxHeldBodyBytes = 6000 };
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed, sim => sim with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } });
        var body = new { model = "sim-model", prompt = new string('x', 3500), max_tokens = 500, ignore_eos = true, stream = true };
        using (var running = await gateway.PostAsync("/v1/completions", body))
        {
            Assert.Equal(HttpStatusCode.OK, running.StatusCode);
            using var second = await gateway.PostAsync("/v1/completions", body);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
            Assert.Equal("overloaded", (await GatewayFixture.ErrorAsync(second)).GetProperty("code").GetString());
            Assert.NotNull(second.Headers.RetryAfter);
        }

        await gateway.IdleAsync();
        await Eventually.TrueAsync(async () =>
        {
            using var next = await gateway.PostAsync("/v1/completions", new { model = "sim-model", prompt = new string('x', 3500), max_tokens = 1 });
            return next.StatusCode == HttpStatusCode.OK;
        });
    }

    [Theory]
    [InlineData("MaxConnections", 0)]
    [InlineData("MaxHeaders", 1)]
    [InlineData("MinBytesPerSecond", 0)]
    public void Limits_that_cannot_be_are_named(string key, int value)
    {
        var limits = new PortLimits();
        typeof(PortLimits).GetProperty(key)!.SetValue(limits, value);
        Assert.StartsWith($"Krewe:Limits:{key}:", Assert.Single(limits.Validate()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new PortLimits().Validate());
}
