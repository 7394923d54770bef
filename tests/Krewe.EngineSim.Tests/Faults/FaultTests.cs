using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tests.Http;
using Krewe.EngineSim.Tokens;
using Krewe.Testing;

namespace Krewe.EngineSim.Tests.Faults;

/// <summary>Every fault really takes effect, and goes away.</summary>
public sealed class FaultTests
{
    private const string Completions = "/v1/completions";
    private const string Long = """{"prompt":"hi","max_tokens":5000,"stream":true,"krewe_sim":{"seed":3}}""";
    private const string Short = """{"prompt":"hi","max_tokens":3,"krewe_sim":{"seed":3}}""";

    private static async Task ReadSomeAsync(Stream stream, string until)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(until, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer);
            Assert.True(read > 0, $"The stream ended before '{until}'.");
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }

    [Fact]
    public async Task ACrash_DropsStreams_RefusesConnections_AndARestartIsANewIncarnationAtTheSamePort()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        var (incarnation, url) = (engine.Incarnation, engine.Url);
        using var response = await client.PostAsync(Completions, Long);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await ReadSomeAsync(stream, "\"index\":5,");

        await engine.CrashAsync();
        Assert.False(engine.IsUp);
        await Assert.ThrowsAnyAsync<IOException>(() => ReadSomeAsync(stream, "[DONE]"));
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.Http.GetAsync("/health"));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);

        await engine.RestartAsync();
        Assert.Equal(url, engine.Url);
        Assert.NotEqual(incarnation, engine.Incarnation);
        Assert.Equal((0, 0, 0L), (engine.State.BlocksInUse, engine.State.Running, engine.State.GeneratedTokens));
        Assert.Equal(HttpStatusCode.OK, (await client.Http.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task WhileItIsDown_NobodyElseIsGivenItsPort()
    {
        await using var engines = new EngineFixture();
        var (engine, _) = await engines.StartAsync();
        var (peer, _) = await engines.StartAsync();
        await engine.CrashAsync();
        var port = (uint)engine.Url.Port;
        using var outgoing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // IP_LOCAL_PORT_RANGE: this connection may come from that port alone.
            outgoing.SetRawSocketOption(0, 51, BitConverter.GetBytes((port << 16) | port));
        }
        catch (SocketException)
        {
            Assert.Skip("This system cannot name the port of an outgoing connection.");
        }

        var error = Assert.ThrowsAny<SocketException>(() => outgoing.Connect(IPAddress.Loopback, peer.Url.Port));
        Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode);
        await engine.RestartAsync();
        Assert.True(engine.IsUp);
    }

    [Fact]
    public async Task ACrashOnCommand_ComesBackByItself()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        var incarnation = engine.Incarnation;
        await client.FaultAsync("""{"kind":"crash","restartAfterMs":1}""");
        await Eventually.TrueAsync(() => engine.IsUp && engine.Incarnation != incarnation);
        Assert.Equal(HttpStatusCode.OK, (await client.TextAsync(Completions, Short)).Status);
    }

    [Fact]
    public async Task Frozen_NothingIsAnswered_NotEvenHealth_AndThawedItGoesOn()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { Time = time });
        using var response = await client.PostAsync(Completions, """{"prompt":"hi","max_tokens":20,"stream":true,"krewe_sim":{"seed":3}}""");
        await using var stream = await response.Content.ReadAsStreamAsync();
        await Eventually.TrueAsync(() => engine.State.Running == 1);
        await client.FaultAsync("""{"kind":"freeze"}""");
        time.Advance(TimeSpan.FromMinutes(1));
        var health = client.Http.GetAsync("/health");
        var read = ReadSomeAsync(stream, "[DONE]");

        // The control side answers, after what would have been answered before it.
        for (var i = 0; i < 20; i++)
        {
            await client.Http.GetAsync("/sim/state");
        }

        Assert.Equal(0, engine.State.GeneratedTokens);
        Assert.False(health.IsCompleted);
        Assert.False(read.IsCompleted);

        await client.FaultAsync("""{"kind":"thaw"}""");
        Assert.Equal(HttpStatusCode.OK, (await health).StatusCode);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            return read.IsCompleted;
        });
        await read;
    }

    [Fact]
    public async Task HealthThatLies_AnswersOk_WhileNoTokenComes()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { Time = time });
        await client.FaultAsync("""{"kind":"health-lies"}""");
        using var response = await client.PostAsync(Completions, Long);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.OK, (await client.Http.GetAsync("/health")).StatusCode);
        Assert.Equal((1, 0L), (engine.State.Waiting, engine.State.GeneratedTokens));
        await client.FaultAsync("""{"kind":"clear"}""");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(engine.State.GeneratedTokens > 0);
    }

    [Fact]
    public async Task Health_CanBeDown_OrNeverAnswer()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        await client.FaultAsync("""{"kind":"health-down"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.Http.GetAsync("/health")).StatusCode);
        engine.Faults.SetHealth(SimHealth.Hangs);
        using var giveUp = new CancellationTokenSource();
        var health = client.Http.GetAsync("/health", giveUp.Token);
        Assert.Equal(HttpStatusCode.OK, (await client.TextAsync(Completions, Short)).Status);
        Assert.False(health.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => health);
        await client.FaultAsync("""{"kind":"health-ok"}""");
        Assert.Equal(HttpStatusCode.OK, (await client.Http.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task Slow_MultipliesTheEnginesTimes()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { Time = time, Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(10), StepPerRunning = TimeSpan.Zero, PrefillPerToken = TimeSpan.Zero } });
        await client.FaultAsync("""{"kind":"slow","factor":100}""");
        using var response = await client.PostAsync(Completions, Long);
        await Eventually.TrueAsync(() => engine.State.Running == 1);
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(0, engine.State.GeneratedTokens);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, engine.State.GeneratedTokens);
    }

    [Fact]
    public async Task Reject_RefusesSoManyRequests_WithTheStatus()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        await client.FaultAsync("""{"kind":"reject","status":503,"count":2,"retryAfterSeconds":7}""");
        using (var refused = await client.PostAsync(Completions, Short))
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(7)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.TextAsync(Completions, Short)).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.TextAsync(Completions, Short)).Status);
        engine.Faults.Reject(429);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await client.TextAsync(Completions, Short)).Status);
        }
    }

    [Theory]
    [InlineData(SimCut.End, true)]
    [InlineData(SimCut.Fin, true)]
    [InlineData(SimCut.Reset, true)]
    [InlineData(SimCut.End, false)]
    [InlineData(SimCut.Fin, false)]
    [InlineData(SimCut.Reset, false)]
    public async Task ACutStream_EndsAfterTheToken_WithoutFinishReasonOrDone(SimCut how, bool isInstant)
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(isInstant ? EngineFixture.Instant : EngineFixture.Quick);
        await client.FaultAsync($$"""{"kind":"cut","afterTokens":7,"how":"{{how.ToString().ToLowerInvariant()}}","count":1}""");
        var posting = RawHttp.PostAsync(engine.Url, Completions, Long);
        if (how == SimCut.Reset)
        {
            var error = Assert.IsType<SocketException>((await Assert.ThrowsAsync<IOException>(() => posting)).InnerException);
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }
        else
        {
            var text = Encoding.UTF8.GetString(await posting);
            Assert.Equal(7, text.Split("data: ").Length - 1);
            Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\"finish_reason\":\"", text, StringComparison.Ordinal);
            Assert.Equal(how == SimCut.End, text.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        }

        await Eventually.TrueAsync(() => engine.State is { Running: 0, BlocksInUse: 0 });
        Assert.Equal(HttpStatusCode.OK, (await client.TextAsync(Completions, Short)).Status);
    }

    [Fact]
    public async Task AStalledStream_StaysOpen_AndGivesNothingMore()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        engine.Faults.Cut(4, SimCut.Stall, count: 1);
        using var response = await client.PostAsync(Completions, """{"prompt":"hi","max_tokens":50,"stream":true,"krewe_sim":{"seed":3}}""");
        var stream = await response.Content.ReadAsStreamAsync();
        await ReadSomeAsync(stream, "\"index\":3,");
        var more = stream.ReadAsync(new byte[10]).AsTask();
        await Eventually.TrueAsync(() => engine.State.Running == 0);
        Assert.Equal(HttpStatusCode.OK, (await client.TextAsync(Completions, Short)).Status);
        Assert.False(more.IsCompleted);
    }

    [Fact]
    public async Task AnErrorInsideAStream_ComesUnderStatus200_AndThenDone()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync();
        engine.Faults.Cut(4, SimCut.Error, count: 1);
        var events = await client.EventsAsync(Completions, Long);
        Assert.Equal(5, events.Count);
        Assert.Equal(500, events[^1].GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task AClientThatGoes_FreesItsBlocksAtTheNextStep()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { Time = time });
        using (var response = await client.PostAsync(Completions, Long))
        {
            await using var stream = await response.Content.ReadAsStreamAsync();
            await Eventually.TrueAsync(() => engine.State.Running == 1);
            time.Advance(TimeSpan.FromMilliseconds(100));
            await ReadSomeAsync(stream, "\"index\":0,");
            Assert.True(engine.State.BlocksInUse > 0);
        }

        // The step under way must end first: so many tokens at the most.
        var before = engine.State.GeneratedTokens;
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            return engine.State is { Running: 0, BlocksInUse: 0, Cancelled: 1 };
        });
        Assert.InRange(engine.State.GeneratedTokens, before, 4999);
    }

    [Fact]
    public async Task AFullQueue_Answers429()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { MaxRunning = 1, MaxWaiting = 1, Time = new ManualTimeProvider() });
        using var first = await client.PostAsync(Completions, Long);
        using var second = await client.PostAsync(Completions, Long);
        Assert.Equal((1, 1), (engine.State.Running, engine.State.Waiting));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.TextAsync(Completions, Short)).Status);
    }

    [Fact]
    public async Task DispatchesAreCountedByAttempt_AndRequestsAreKept()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(EngineFixture.Instant with { KeepsRequests = 2 });
        await client.TextAsync(Completions, Short, "a");
        await client.TextAsync(Completions, Short, "b");
        Assert.Equal((2L, 2L, 0L), (engine.State.Dispatches, engine.State.Attempts, engine.State.RepeatedAttempts));
        await client.TextAsync(Completions, Short, "b");
        Assert.Equal((3L, 2L, 1L), (engine.State.Dispatches, engine.State.Attempts, engine.State.RepeatedAttempts));
        Assert.Equal((1, 2, 0), (engine.DispatchesOf("a"), engine.DispatchesOf("b"), engine.DispatchesOf("c")));
        var kept = engine.Received.ToList();
        Assert.Equal(2, kept.Count);
        Assert.Equal((Completions, "b", Short), (kept[0].Path, kept[0].Headers["x-request-id"], Encoding.UTF8.GetString(kept[0].Body.Span)));
    }

    [Theory]
    [InlineData("""{"kind":"nothing"}""")]
    [InlineData("""{"kind":"exit"}""")]
    [InlineData("""{"kind":"slow"}""")]
    [InlineData("""{"kind":"slow","factor":0}""")]
    [InlineData("""{"kind":"reject","status":200}""")]
    [InlineData("""{"kind":"cut"}""")]
    [InlineData("""{"kind":"cut","afterTokens":1,"how":"gently"}""")]
    [InlineData("""{"kind":"freeze","extra":1}""")]
    [InlineData("nonsense")]
    public async Task ACommandThatIsNoFault_IsA400(string command)
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TextAsync("/sim/fault", command)).Status);
    }

    [Fact]
    public async Task TheSeedDecidesTheAnswer_OnEveryEngine()
    {
        await using var engines = new EngineFixture();
        foreach (var options in new[] { EngineFixture.Quick, EngineFixture.Instant })
        {
            var (_, client) = await engines.StartAsync(options);
            Assert.Equal(SimTokens.Text(3, 0, 3), (await client.JsonAsync(Completions, Short)).GetProperty("choices")[0].GetProperty("text").GetString());
        }
    }
}
