using System.Net;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Retry;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Gateway.Tests.Client;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Story;

/// <summary>After any failover an operator can read what happened: which attempts, where, on which epochs, why they ended, what followed, and what the instances did.</summary>
public sealed class FailoverStoryTests
{
    private const int Tokens = 60;

    [Fact]
    public async Task An_engine_killed_inside_a_stream_that_went_on()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var admin = await AdminPort.StartAsync(gateway);
        SimEngineHost[] engines = [await gateway.EngineAsync("a", InstanceRole.Mixed, Slow), await gateway.EngineAsync("b", InstanceRole.Mixed, Slow)];
        var (response, victim) = await UnderWayAsync(gateway, engines);
        await victim.CrashAsync();
        Assert.True((await Answer.ReadAsync(response)).IsDone);

        var request = await admin.EndedAsync(response);
        var (lost, next) = (request.GetProperty("attempts")[0], request.GetProperty("attempts")[1]);
        var sent = Number(lost, "tokensSent");
        Assert.Equal(("completed", Tokens, 2), (Text(request, "outcome"), Number(request, "tokensSent"), request.GetProperty("attempts").GetArrayLength()));
        Assert.Contains(Text(lost, "cause"), new[] { "stream_broken", "connection_reset", "epoch_lost" });
        Assert.Equal(("continued", null, "failover", null), (Text(lost, "continuation"), Text(lost, "continuationRefused"), Text(lost, "next"), Text(lost, "retryRefused")));
        Assert.Equal((victim.Name, 1, victim.Incarnation), Bound(lost));
        Assert.InRange(sent, 1, Tokens - 1);
        Assert.Equal((0, sent, Tokens - sent), (Number(lost, "tokensBefore"), Number(next, "tokensBefore"), Number(next, "tokensSent")));
        Assert.Equal(("completed", null, null), (Text(next, "cause"), Text(next, "continuation"), Text(next, "next")));
        AssertInOrder(lost, next);

        var events = await admin.EventsAsync(all => all.Any(one => one.Instance == victim.Name && one.Text == "epoch Held -> Lost by Refused:Dead"));
        var dead = events.Single(one => one.Instance == victim.Name && one.Text == "liveness Active -> Suspect by Refused:Dead");
        Assert.Equal((1L, victim.Incarnation), (dead.Epoch!.Value, dead.Incarnation));
        Assert.True(dead.At >= request.GetProperty("admittedAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task An_epoch_that_a_new_incarnation_ended()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var admin = await AdminPort.StartAsync(gateway);
        var old = await gateway.EngineAsync("a", InstanceRole.Mixed, Slow);
        await using var other = await SimEngineHost.StartAsync(old.Options with { Name = "other", Port = 0 }, TestContext.Current.CancellationToken);
        var (response, _) = await UnderWayAsync(gateway, old);

        // The same name at another address is another life.
        await gateway.RegisterAsync("a", InstanceRole.Mixed, other.Url, old.Incarnation);
        Assert.True((await Answer.ReadAsync(response)).IsDone);

        var attempts = (await admin.EndedAsync(response)).GetProperty("attempts");
        Assert.Equal(("epoch_lost", null, "continued", "failover"), (Text(attempts[0], "cause"), Text(attempts[0], "evidence"), Text(attempts[0], "continuation"), Text(attempts[0], "next")));
        Assert.Equal((("a", 1, old.Incarnation), ("a", 2, old.Incarnation)), (Bound(attempts[0]), Bound(attempts[1])));
        AssertInOrder(attempts[0], attempts[1]);

        var events = await admin.EventsAsync(all => all.Any(one => one.Text == "epoch Held -> Lost by Superseded"));
        Assert.Equal(
            ["liveness Active -> Joining by Registered (2)", "liveness Joining -> Active by ProbeOk (2)", "epoch Held -> Lost by Superseded (1)"],
            events.Where(one => one.Instance == "a").Skip(2).Select(one => $"{one.Text} ({one.Epoch})"));
    }

    [Fact]
    public async Task A_refusal_that_was_retried_and_one_that_was_not_any_more()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var admin = await AdminPort.StartAsync(gateway);
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed);
        engine.Faults.Reject(503, count: 1);
        using var served = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        engine.Faults.Reject(503);
        using var refused = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (served.StatusCode, refused.StatusCode));

        var retried = (await admin.EndedAsync(served)).GetProperty("attempts");
        Assert.Equal(("engine_overloaded", "retry", null, null), (Text(retried[0], "cause"), Text(retried[0], "next"), Text(retried[0], "retryRefused"), Text(retried[0], "continuation")));
        Assert.Equal(JsonValueKind.Number, retried[0].GetProperty("backoffMs").ValueKind);
        Assert.Equal(("completed", null), (Text(retried[1], "cause"), Text(retried[1], "next")));

        var story = await admin.EndedAsync(refused);
        var all = story.GetProperty("attempts").EnumerateArray().ToList();
        Assert.Equal(["retry", "retry", "retry", null], all.Select(one => Text(one, "next")));
        Assert.Equal([null, null, null, "attempts_used_up"], all.Select(one => Text(one, "retryRefused")));
        Assert.Equal("overloaded", Text(story, "outcome"));
    }

    [Fact]
    public async Task A_drain_whose_deadline_came_before_the_streams_end()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var admin = await AdminPort.StartAsync(gateway);
        SimEngineHost[] engines = [await gateway.EngineAsync("a", InstanceRole.Mixed, Slow), await gateway.EngineAsync("b", InstanceRole.Mixed, Slow)];
        var (response, victim) = await UnderWayAsync(gateway, engines);
        var id = new InstanceId(GatewayFixture.Pool, new InstanceName(victim.Name));
        Assert.Equal(InstanceVerdict.Accepted, await gateway.Actors.Instance(id).AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMilliseconds(50))));
        Assert.True((await Answer.ReadAsync(response)).IsDone);

        var attempts = (await admin.EndedAsync(response)).GetProperty("attempts");
        Assert.Equal(("epoch_lost", null, "continued"), (Text(attempts[0], "cause"), Text(attempts[0], "evidence"), Text(attempts[0], "continuation")));
        Assert.NotEqual(victim.Name, Bound(attempts[1]).Name);
        AssertInOrder(attempts[0], attempts[1]);

        var events = await admin.EventsAsync(all => all.Any(one => one.Text == "epoch Held -> Lost by DrainDeadline"));
        Assert.Equal(
            ["admin Open -> Draining by DrainAsked", "liveness Active -> Removed by DrainDeadline", "admin Draining -> Drained by DrainDeadline", "epoch Held -> Lost by DrainDeadline"],
            events.Where(one => one.Instance == victim.Name).Skip(2).Select(one => one.Text));
    }

    [Fact]
    public async Task A_request_that_waited_for_room()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        await using var admin = await AdminPort.StartAsync(gateway);
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed, Slow, maxConcurrency: 1);
        var (holds, _) = await UnderWayAsync(gateway, engine);
        var call = gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        await Eventually.TrueAsync(() => gateway.Fleet.View.Find(GatewayFixture.Pool)!.Admission.Waiting == 1, what: "one waits");
        Assert.True((await Answer.ReadAsync(holds)).IsDone);
        using var response = await call;

        var request = await admin.EndedAsync(response);
        var attempt = Assert.Single(request.GetProperty("attempts").EnumerateArray());
        Assert.Equal("room", Text(attempt, "queuedFor"));
        Assert.InRange(attempt.GetProperty("queuedMs").GetDouble(), 0, attempt.GetProperty("boundMs").GetDouble());
        Assert.Equal((null, "completed"), (Text(request, "queuedFor"), Text(request, "outcome")));
    }

    [Fact]
    public async Task A_request_that_waited_in_vain()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with { QueueMaxWait = TimeSpan.FromMilliseconds(100) });
        await using var admin = await AdminPort.StartAsync(gateway);
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed, Slow, maxConcurrency: 1);
        var (holds, _) = await UnderWayAsync(gateway, engine);
        using var refused = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());

        var request = await admin.EndedAsync(refused);
        Assert.Equal(("overloaded", "Failed", "room", 0), (Text(request, "outcome"), Text(request, "state"), Text(request, "queuedFor"), request.GetProperty("attempts").GetArrayLength()));
        Assert.InRange(request.GetProperty("queuedMs").GetDouble(), 0, request.GetProperty("ageMs").GetDouble());
        holds.Dispose();
    }

    [Theory]
    [InlineData(ContinuationMode.Off, 4, "off", "already_shown")]
    [InlineData(ContinuationMode.Auto, 1, "no_attempt", "attempts_used_up")]
    public async Task A_stream_that_could_not_go_on(ContinuationMode mode, int attempts, string refused, string notRetried)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with { Continuation = mode, Retry = RetryPolicy.Default with { Attempts = attempts } });
        await using var admin = await AdminPort.StartAsync(gateway);
        var engine = await gateway.EngineAsync("a", InstanceRole.Mixed);
        engine.Faults.Cut(5, SimCut.Error);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 20));
        Assert.True((await Answer.ReadAsync(response)).IsCut);

        var request = await admin.EndedAsync(response);
        var attempt = Assert.Single(request.GetProperty("attempts").EnumerateArray());
        Assert.Equal(("engine_error", "engine_error"), (Text(request, "outcome"), Text(attempt, "cause")));
        Assert.Equal(("refused", refused, notRetried, null), (Text(attempt, "continuation"), Text(attempt, "continuationRefused"), Text(attempt, "retryRefused"), Text(attempt, "next")));
        await Eventually.TrueAsync(() => gateway.Counters.Of("krewe.continuations").SequenceEqual([$"{{outcome=refused,reason={refused}}} 1"]), what: "counted by the same reason");
    }

    private static (string Name, int Epoch, string Incarnation) Bound(JsonElement attempt)
    {
        var half = attempt.GetProperty("decode");
        return (half.GetProperty("name").GetString()!, half.GetProperty("epoch").GetInt32(), half.GetProperty("incarnation").GetString()!);
    }

    private static void AssertInOrder(JsonElement lost, JsonElement next)
    {
        double[] times = [.. new[] { (lost, "boundMs"), (lost, "firstTokenMs"), (lost, "endedMs"), (next, "boundMs"), (next, "firstTokenMs"), (next, "endedMs") }
            .Select(one => one.Item1.GetProperty(one.Item2).GetDouble())];
        Assert.Equal(times.Order(), times);
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static SimEngineOptions Slow(SimEngineOptions options) => options with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(15) } };

    /// <summary>A stream that has brought some of its tokens, and who makes them.</summary>
    private static async Task<(HttpResponseMessage Response, SimEngineHost Engine)> UnderWayAsync(GatewayFixture gateway, params SimEngineHost[] engines)
    {
        var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: Tokens));
        await Eventually.TrueAsync(() => engines.Any(engine => engine.State.GeneratedTokens >= 10), what: "the stream is under way");
        return (response, engines.Single(engine => engine.State.GeneratedTokens > 0));
    }
}
