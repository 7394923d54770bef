using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tests.Http;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Hosting;

public sealed class SimFleetTests
{
    [Fact]
    public async Task HundredsOfEngines_ServeFromOneProcess()
    {
        await using var fleet = await SimFleet.StartAsync(SimFleet.Several(EngineFixture.Instant with { Name = "e" }, 200));
        Assert.Equal(200, fleet.Engines.Select(static engine => engine.Url.Port).Distinct().Count());
        Assert.Equal(200, fleet.Engines.Select(static engine => engine.Incarnation).Distinct().Count());
        await Parallel.ForEachAsync(fleet.Engines, async (engine, _) =>
        {
            using var client = new EngineClient(engine);
            var answer = await client.JsonAsync("/v1/completions", """{"prompt":"hi","max_tokens":3}""");
            Assert.Equal(SimTokens.Text(SimTokens.SeedOf("hi"), 0, 3), answer.GetProperty("choices")[0].GetProperty("text").GetString());
            Assert.Equal(engine.Name, answer.GetProperty("krewe_sim").GetProperty("instance").GetString());
        });
    }

    [Fact]
    public void Several_NumbersTheNames_ButNotOfOne()
    {
        Assert.Equal(["p"], SimFleet.Several(new SimEngineOptions { Name = "p" }, 1).Select(static engine => engine.Name));
        Assert.Equal(["p1", "p2"], SimFleet.Several(new SimEngineOptions { Name = "p" }, 2).Select(static engine => engine.Name));
    }

    [Fact]
    public async Task AnOptionOutOfRange_IsNamed()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => SimEngineHost.StartAsync(new SimEngineOptions { Name = "not a name", KvBlocks = 0, Timing = new() { StepBase = TimeSpan.FromSeconds(-1) } }));
        Assert.Contains("Name", error.Message, StringComparison.Ordinal);
        Assert.Contains("KvBlocks", error.Message, StringComparison.Ordinal);
        Assert.Contains("StepBase", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortInUse_IsAnError()
    {
        await using var first = await SimEngineHost.StartAsync(EngineFixture.Instant);
        await Assert.ThrowsAnyAsync<IOException>(() => SimEngineHost.StartAsync(EngineFixture.Instant with { Port = first.Url.Port }));
    }

    [Fact]
    public async Task Stop_LetsRunningRequestsEnd()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(EngineFixture.Quick);
        var answer = client.EventsAsync("/v1/completions", """{"prompt":"hi","max_tokens":50,"stream":true}""");
        await Krewe.Testing.Eventually.TrueAsync(() => engine.State.Running == 1 || answer.IsCompleted);
        await engine.StopAsync();
        Assert.Equal(50, (await answer).Count);
        Assert.False(engine.IsUp);
    }
}
