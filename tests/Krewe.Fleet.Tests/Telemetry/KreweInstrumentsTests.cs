using Krewe.Core.Instances;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Fleet.Instances;

namespace Krewe.Fleet.Tests.Telemetry;

public sealed class KreweInstrumentsTests : IDisposable
{
    private readonly World _world = new();
    private readonly Counters _counters;

    public KreweInstrumentsTests() => _counters = _world.Count();

    public void Dispose()
    {
        _counters.Dispose();
        _world.Dispose();
    }

    [Fact]
    public async Task Retries_failovers_and_why_there_is_no_more_are_counted_by_kind_and_cause()
    {
        await _world.ConfigureAsync(pool => pool with { Retry = RetryPolicy.Default with { Attempts = 2 } });
        await _world.ActivateAsync("a");
        await _world.ActivateAsync("b");
        var request = _world.Request();
        var step = await _world.RunAsync(request.ServeAsync());
        foreach (var cause in new[] { AttemptCause.ConnectionReset, AttemptCause.EngineError, AttemptCause.EngineError })
        {
            var call = request.FailAsync(step, cause);
            await _world.AdvanceUntilAsync(() => call.IsCompleted);
            step = await call;
        }

        Assert.Equal(RequestOutcome.EngineError, step.Outcome);
        Assert.Equal(["{kind=failover,cause=connection_reset} 1", "{kind=retry,cause=engine_error} 1"], _counters.Of("krewe.retries"));
        Assert.Equal(["{reason=attempts_used_up} 1"], _counters.Of("krewe.retries.refused"));
        Assert.Equal(["{cause=connection_reset} 1", "{cause=engine_error} 2"], _counters.Of("krewe.attempts"));
        Assert.Empty(_counters.Of("krewe.refusals"));
    }

    [Fact]
    public async Task Requests_that_never_had_an_attempt_are_counted_as_refused()
    {
        await _world.ConfigureAsync(pool => pool with { QueueLimit = 0 });
        await _world.RunAsync(_world.Request().StartAsync());
        await _world.ActivateAsync("a", limit: 1);
        var running = _world.Request();
        await _world.RunAsync(running.ServeAsync());
        await _world.RunAsync(_world.Request().StartAsync());
        await _world.RunAsync(running.CompleteAsync());

        Assert.Equal(["{outcome=no_instance} 1", "{outcome=queue_full} 1"], _counters.Of("krewe.refusals"));
    }

    [Fact]
    public async Task Ejections_are_counted_by_kind_and_cause()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        await _world.ActivateAsync("b", limit: 100);
        _world.Probe.Set(World.Url("a"), ProbeResult.Refused);
        await _world.RunAsync(_world.Instance("a").ObserveAsync(new Observation(ObservationKind.ConnectionFailed, _world.View("a")!.Epoch)));
        await _world.UntilAsync(() => _world.View("a")!.Liveness == Liveness.Suspect);
        while (_world.View("b")!.Breaker == BreakerState.Closed)
        {
            var request = _world.Request();
            var step = await _world.RunAsync(request.ServeAsync());
            var call = request.FailAsync(step, AttemptCause.EngineError);
            await _world.UntilAsync(() => _world.View("b")!.Load.Requests == 0);
            await _world.RunAsync(request.EndAsync(RequestOutcome.ClientGone, AttemptCause.ClientGone));
            await _world.RunAsync(call);
        }

        Assert.Equal(["{kind=breaker,cause=AttemptsFailed} 1", "{kind=suspect,cause=Refused:Dead} 1"], _counters.Of("krewe.ejections"));
    }
}
