using System.Net;
using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Client;

/// <summary>What happens when an engine, the client or the time gives out.</summary>
public sealed class FailureTests
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task What_fails_before_the_first_byte_is_tried_elsewhere()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var bad = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        await gateway.EngineAsync("m2", InstanceRole.Mixed);
        bad.Faults.Reject(500);
        var retried = 0;
        for (var i = 0; i < 20; i++)
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat($"Request {i}", stream: i % 2 == 0));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync();
            var attempts = (await gateway.RequestAsync(response)).Attempts;
            retried += attempts.Count - 1;
            Assert.Equal("m2", attempts[^1].Decode.Name);
        }

        Assert.True(retried > 0, "the bad engine was never asked: the test shows nothing");
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_crashed_engine_is_left_for_another()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var p1 = await gateway.EngineAsync("p1", InstanceRole.Prefill);
        await gateway.EngineAsync("p2", InstanceRole.Prefill);
        await gateway.EngineAsync("d1", InstanceRole.Decode);
        await p1.CrashAsync();
        for (var i = 0; i < 10; i++)
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat($"Request {i}"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("p2", (await gateway.RequestAsync(response)).Attempts[^1].Prefill.Name);
        }

        await gateway.IdleAsync();
    }

    [Theory]
    [InlineData(SimCut.End)]
    [InlineData(SimCut.Fin)]
    [InlineData(SimCut.Error)]
    [InlineData(SimCut.Stall)]
    [InlineData(SimCut.Reset)]
    public async Task A_stream_that_breaks_and_is_not_continued_ends_with_an_error_event_and_a_cut_connection(SimCut how)
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with { Continuation = ContinuationMode.Off });
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        engine.Faults.Cut(5, how);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 20));
        var data = new List<string>();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var one in Sse.DataAsync(response))
            {
                data.Add(one);
            }
        });
        Assert.Equal("engine_error", JsonDocument.Parse(data[^1]).RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", data);
        Assert.Equal(RequestOutcome.EngineError, (await gateway.RequestAsync(response)).Outcome);
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task An_engine_that_falls_silent_inside_a_stream_is_noticed()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool() with { Continuation = ContinuationMode.Off });
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, Slow);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 1_000));
        await using var data = Sse.DataAsync(response).GetAsyncEnumerator();
        Assert.True(await data.MoveNextAsync());
        engine.Faults.Freeze();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await data.MoveNextAsync())
            {
            }
        });
        Assert.Equal(AttemptCause.IdleTimeout, (await gateway.RequestAsync(response)).Attempts[^1].Cause);
        engine.Faults.Clear();
        await gateway.IdleAsync();
    }

    [Theory]
    [InlineData(InstanceRole.Mixed)]
    [InlineData(InstanceRole.Prefill)]
    [InlineData(InstanceRole.Decode)]
    public async Task A_client_that_leaves_frees_the_engines_and_the_reservations(InstanceRole busy)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        SimEngineHost engine;
        if (busy == InstanceRole.Mixed)
        {
            engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, Slow);
        }
        else
        {
            // The leg that is to be caught at work takes its time, the other none.
            var prefill = await gateway.EngineAsync("p1", InstanceRole.Prefill, busy == InstanceRole.Prefill ? VerySlow : null);
            var decode = await gateway.EngineAsync("d1", InstanceRole.Decode, busy == InstanceRole.Decode ? Slow : null);
            engine = busy == InstanceRole.Prefill ? prefill : decode;
        }

        using var leave = new CancellationTokenSource();
        var call = Task.Run(async () =>
        {
            using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 5_000), leave.Token);
            await foreach (var _ in Sse.DataAsync(response).WithCancellation(leave.Token))
            {
            }
        });
        await Eventually.TrueAsync(() => engine.State.Running == 1, what: "the engine works");
        Assert.NotEqual(0, gateway.Fleet.Reservations.Count);
        await leave.CancelAsync();
        var left = TimeProvider.System.GetTimestamp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await gateway.IdleAsync();

        // The promise is 500 ms; a loaded machine gets four times that before the test says no.
        Assert.True(TimeProvider.System.GetElapsedTime(left) < 4 * CancelLimit, "the engine was freed too late");
    }

    [Fact]
    public async Task A_deadline_ends_a_request_wherever_it_stands()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed, VerySlow, maxConcurrency: 1);
        using var serving = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, ("Krewe-Deadline-Ms", "150"));
        Assert.Equal(HttpStatusCode.GatewayTimeout, serving.StatusCode);
        Assert.Equal("deadline_exceeded", (await GatewayFixture.ErrorAsync(serving)).GetProperty("code").GetString());

        var holds = gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, ("Krewe-Deadline-Ms", "2000"));
        await Eventually.TrueAsync(() => gateway.Fleet.Reservations.Count == 1);
        using var queued = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, ("Krewe-Deadline-Ms", "150"));
        Assert.Equal(HttpStatusCode.GatewayTimeout, queued.StatusCode);
        Assert.Empty((await gateway.RequestAsync(queued)).Attempts);
        (await holds).Dispose();
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task What_an_engine_refuses_passes_through_in_our_shape()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        engine.Faults.Reject(422);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        await GatewayFixture.ErrorAsync(response);
        Assert.Single((await gateway.RequestAsync(response)).Attempts);
    }

    [Fact]
    public async Task Engines_that_are_full_make_the_pool_overloaded()
    {
        await using var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool());
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        engine.Faults.Reject(503);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("overloaded", (await GatewayFixture.ErrorAsync(response)).GetProperty("code").GetString());
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal("true", response.Headers.GetValues("x-should-retry").Single());
        Assert.Equal(4, (await gateway.RequestAsync(response)).Attempts.Count);
    }

    private static SimEngineOptions Slow(SimEngineOptions options) => options with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } };

    private static SimEngineOptions VerySlow(SimEngineOptions options) => options with { Timing = new SimTiming { FixedTtft = TimeSpan.FromMinutes(1) } };
}
