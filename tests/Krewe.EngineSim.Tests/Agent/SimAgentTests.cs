using Krewe.Core.Instances;
using Krewe.EngineSim.Agent;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tests.Http;
using Krewe.Testing;

namespace Krewe.EngineSim.Tests.Agent;

public sealed class SimAgentTests
{
    private static readonly SimEngineOptions Engine = EngineFixture.Instant with { Name = "p1", Role = InstanceRole.Prefill };

    private static SimAgentOptions Options(ControlServer control) => new() { ControlUrl = control.Url, RetryPause = TimeSpan.FromMilliseconds(5) };

    [Fact]
    public async Task AnAgent_Registers_ThenHeartbeats_ByTheContract()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        await using var agent = SimAgent.Start(engine, Options(control) with { Pool = "chat", Token = "secret", TransferGroup = "rack1" });
        await Eventually.TrueAsync(() => control.Heartbeats.Count() >= 3);
        var registration = Assert.Single(control.Registrations);
        Assert.Equal(("/fleet/v1/pools/chat/instances/p1", "Bearer secret"), (registration.Path, registration.Authorization));
        Assert.Equal(
            $$$"""{"incarnation":"{{{engine.Incarnation}}}","role":"prefill","protocol":"vllm","url":"http://127.0.0.1:{{{engine.Url.Port}}}","model":"sim-model","transferGroup":"rack1","capacity":{"maxConcurrency":256,"kvBlocks":8192,"blockSize":16},"labels":{}}""",
            registration.Body.GetRawText());
        var beats = control.Heartbeats.Take(3).ToList();
        Assert.Equal([1, 2, 3], beats.Select(static beat => beat.Body.GetProperty("sequence").GetInt32()));
        Assert.All(beats, beat =>
        {
            Assert.Equal(("/fleet/v1/pools/chat/instances/p1/heartbeats", "Bearer secret"), (beat.Path, beat.Authorization));
            Assert.Equal(engine.Incarnation, beat.Body.GetProperty("incarnation").GetString());
            Assert.Equal(["running", "waiting", "kvUsage", "queuedTokens", "maxTtftMs", "maxItlMs"], beat.Body.GetProperty("load").EnumerateObject().Select(static field => field.Name));
        });
        Assert.Equal((SimAgentStatus.Registered, 7L), (agent.Status, agent.Epoch));
    }

    [Fact]
    public async Task AHeartbeat_TellsTheLoadAndLatencies()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (engine, client) = await engines.StartAsync(new SimEngineOptions { Name = "p1", Time = time, MaxRunning = 1 });
        using var running = await client.PostAsync("/v1/completions", """{"prompt":"hi","max_tokens":5000,"stream":true}""");
        using var waiting = await client.PostAsync("/v1/completions", """{"prompt":"hello","max_tokens":5,"stream":true}""");
        time.Advance(TimeSpan.FromMilliseconds(500));
        await using var agent = SimAgent.Start(engine, Options(control));
        var load = (await Eventually.ReadAsync(() => Task.FromResult(control.Heartbeats.FirstOrDefault()), static beat => beat is not null))!.Body.GetProperty("load");
        Assert.Equal((1, 1, 2), (load.GetProperty("running").GetInt32(), load.GetProperty("waiting").GetInt32(), load.GetProperty("queuedTokens").GetInt32()));
        Assert.InRange(load.GetProperty("kvUsage").GetDouble(), 0.0001, 0.1);
        Assert.Equal((6, 6), (load.GetProperty("maxTtftMs").GetInt32(), load.GetProperty("maxItlMs").GetInt32()));
    }

    [Fact]
    public async Task UnknownInstance_RegistersAgain_AndNumbersAnew()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        await using var agent = SimAgent.Start(engine, Options(control));
        await Eventually.TrueAsync(() => control.Heartbeats.Count() >= 2);
        control.AnswerNext(404, "unknown_instance");
        await Eventually.TrueAsync(() => control.Registrations.Count() == 2);
        await Eventually.TrueAsync(() => control.Calls.SkipWhile(static call => call.Method == "PUT").SkipWhile(static call => call.Method == "POST").Any(static call => call.Method == "POST"));
        var after = control.Calls.SkipWhile(static call => call.Method == "PUT").SkipWhile(static call => call.Method == "POST").First(static call => call.Method == "POST");
        Assert.Equal(1, after.Body.GetProperty("sequence").GetInt32());
    }

    [Fact]
    public async Task NameInUse_WaitsAsToldAndTriesAgain()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        var time = new ManualTimeProvider();
        control.AnswerNext(409, "name_in_use", retryAfter: 3);
        await using var agent = SimAgent.Start(engine, Options(control) with { Time = time });
        await Eventually.TrueAsync(() => time.ArmedTimers == 1 && control.Calls.Count == 1);
        Assert.Equal(TimeSpan.FromSeconds(3), time.NextTimerIn);
        Assert.Equal(SimAgentStatus.Registering, agent.Status);
        Assert.Contains("name_in_use", agent.Refusal, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => agent.Status == SimAgentStatus.Registered);
        Assert.Equal(2, control.Registrations.Count());
    }

    [Theory]
    [InlineData(409, "stale_incarnation", SimAgentStatus.Superseded)]
    [InlineData(403, "not_owner", SimAgentStatus.Refused)]
    [InlineData(400, "invalid_request", SimAgentStatus.Refused)]
    public async Task ARefusalForGood_StopsTheAgent_WhichSaysWhy(int status, string code, SimAgentStatus expected)
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        control.AnswerNext(status, code);
        await using var agent = SimAgent.Start(engine, Options(control));
        await Eventually.TrueAsync(() => agent.Status == expected);
        Assert.Equal($"{status} {code}: because", agent.Refusal);
        Assert.Single(control.Calls);
    }

    [Fact]
    public async Task StaleOnAHeartbeat_StopsTheAgent()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        await using var agent = SimAgent.Start(engine, Options(control));
        await Eventually.TrueAsync(() => control.Heartbeats.Any());
        control.AnswerNext(409, "stale_incarnation");
        await Eventually.TrueAsync(() => agent.Status == SimAgentStatus.Superseded);
        Assert.Single(control.Registrations);
    }

    [Fact]
    public async Task Drained_TheAgentRegistersNoMore()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        await using var agent = SimAgent.Start(engine, Options(control));
        await Eventually.TrueAsync(() => control.Heartbeats.Any());
        control.Admin = "Drained";
        await Eventually.TrueAsync(() => agent.Status == SimAgentStatus.Drained);
        await agent.StopAsync();
        Assert.DoesNotContain(control.Calls, static call => call.Method == "DELETE");
    }

    [Fact]
    public async Task ASiloThatIsAwayOrFails_IsTriedAgain()
    {
        await using var engine = await SimEngineHost.StartAsync(Engine);
        await using var control = await ControlServer.StartAsync();
        control.AnswerNext(503, "draining");
        control.AnswerNext(500, "oops");
        control.AnswerNext(200, "not even an epoch");
        await using var agent = SimAgent.Start(engine, Options(control));
        await Eventually.TrueAsync(() => control.Heartbeats.Any());
        Assert.Equal(3, control.Registrations.Count());
    }

    [Fact]
    public async Task AStoppedAgent_TakesTheInstanceOut_AKilledOneSaysNothing()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        await using (var agent = SimAgent.Start(engine, Options(control)))
        {
            await Eventually.TrueAsync(() => agent.Status == SimAgentStatus.Registered);
            await agent.StopAsync();
            Assert.Equal(SimAgentStatus.Stopped, agent.Status);
        }

        var deletion = Assert.Single(control.Calls, static call => call.Method == "DELETE");
        Assert.Equal($"/fleet/v1/pools/sim/instances/p1?incarnation={engine.Incarnation}", deletion.Path);
        await using (var agent = SimAgent.Start(engine, Options(control)))
        {
            await Eventually.TrueAsync(() => agent.Status == SimAgentStatus.Registered);
            await agent.KillAsync();
        }

        Assert.Single(control.Calls, static call => call.Method == "DELETE");
    }

    [Fact]
    public async Task ARestartedEngine_IsRegisteredAsTheNewIncarnation_AndADeadOneIsNotSeen()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engine = await SimEngineHost.StartAsync(Engine);
        var first = engine.Incarnation;
        await using var agent = SimAgent.Start(engine, Options(control));
        await Eventually.TrueAsync(() => control.Heartbeats.Any());
        await engine.CrashAsync();
        await Eventually.TrueAsync(() => control.Heartbeats.Last().Body.GetProperty("engineSeenMs").GetInt64() > 60);
        Assert.Equal(first, control.Heartbeats.Last().Body.GetProperty("incarnation").GetString());
        await engine.RestartAsync();
        await Eventually.TrueAsync(() => control.Registrations.Count() == 2);
        Assert.Equal(engine.Incarnation, control.Registrations.Last().Body.GetProperty("incarnation").GetString());
        await Eventually.TrueAsync(() => control.Heartbeats.Last().Body is var beat && beat.GetProperty("incarnation").GetString() == engine.Incarnation && beat.GetProperty("engineSeenMs").GetInt64() == 0);
    }

    [Fact]
    public async Task PausedHeartbeats_Stop_WhileTheEngineServes()
    {
        await using var control = await ControlServer.StartAsync();
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(Engine);
        var time = new ManualTimeProvider();
        await using var agent = SimAgent.Start(engine, Options(control) with { Time = time });
        await Eventually.TrueAsync(() => time.AdvanceToNextTimer() && control.Heartbeats.Any());
        await client.FaultAsync("""{"kind":"pause-heartbeats"}""");
        Assert.True(agent.IsPaused);

        // What was under way before the pause comes to its end first.
        await Eventually.TrueAsync(() => time.ArmedTimers == 1);
        var heard = control.Calls.Count;
        for (var i = 0; i < 10; i++)
        {
            await Eventually.TrueAsync(() => time.ArmedTimers == 1);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.TrueAsync(() => time.ArmedTimers == 1);
        Assert.Equal(heard, control.Calls.Count);
        Assert.NotEmpty(await client.Http.GetStringAsync("/v1/models"));
        await client.FaultAsync("""{"kind":"resume-heartbeats"}""");
        await Eventually.TrueAsync(() => time.AdvanceToNextTimer() && control.Calls.Count > heard);
    }
}
