using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Reservations;
using Krewe.HostConformance;

namespace Krewe.Fleet.Tests.Requests;

public sealed class PrefillFallbackTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(AttemptCause.ConnectionReset)]
    [InlineData(AttemptCause.EngineError)]
    public async Task A_failed_prefill_moves_to_another_while_its_decode_half_stays_and_at_last_decode_serves_alone(AttemptCause cause)
    {
        await PoolAsync(2, 2);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        var decode = first.Binding!.Decode;
        await FillAsync(decode.Instance);

        var second = await FailAsync(request, first, cause, LegKind.Prefill);
        Assert.Equal(decode, second.Binding!.Decode);
        Assert.True(second.Binding.IsDisaggregated);
        Assert.NotEqual(first.Binding.Prefill.Instance, second.Binding.Prefill.Instance);
        Assert.Equal(0, Reserved(first.Binding.Prefill.Instance));

        var third = await FailAsync(request, second, cause, LegKind.Prefill);
        Assert.Equal(Binding.OnOne(decode), third.Binding);
        Assert.Equal(0, Reserved(second.Binding.Prefill.Instance));
        Assert.Equal(4, Reserved(decode.Instance));

        await _world.RunAsync(request.CompleteAsync());
        Assert.Equal(3, Reserved(decode.Instance));
    }

    [Fact]
    public async Task The_kept_half_is_told_when_its_epoch_is_lost_and_what_the_old_attempt_is_told_does_not_reach_the_new_one()
    {
        await PoolAsync(2, 1);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        var second = await FailAsync(request, first, AttemptCause.ConnectionReset, LegKind.Prefill);
        Assert.False(second.EpochLost.IsCancellationRequested);

        _world.Services.Reservations.EpochLost(second.Binding!.Decode.Instance, second.Binding.Decode.Epoch, EvidenceKind.Dead);

        await _world.UntilAsync(() => second.EpochLost.IsCancellationRequested);
        Assert.False(first.EpochLost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_decode_half_that_is_lost_too_is_not_kept()
    {
        await PoolAsync(2, 2);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        await KillAsync(first.Binding!.Decode.Instance);

        var second = await FailAsync(request, first, AttemptCause.ConnectionReset, LegKind.Prefill);

        Assert.NotEqual(first.Binding.Decode.Instance, second.Binding!.Decode.Instance);
    }

    [Fact]
    public async Task An_epoch_lost_while_the_prefill_ran_is_booked_on_the_half_that_was_lost()
    {
        await PoolAsync(2, 2);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        await KillAsync(first.Binding!.Decode.Instance);
        await _world.UntilAsync(() => first.EpochLost.IsCancellationRequested);

        await FailAsync(request, first, AttemptCause.EpochLost, LegKind.Prefill);

        var told = (await _world.RunAsync(request.Actor.DescribeAsync()))!;
        Assert.Equal(LegKind.Decode, told.Attempts[0].FailedLeg);
    }

    [Theory]
    [InlineData(false, 0, true)]
    [InlineData(true, 0, false)]
    [InlineData(false, 6, false)]
    public async Task A_prefill_instance_that_goes_before_its_KV_was_fetched_takes_the_attempt_along(bool hasToken, int seconds, bool isLost)
    {
        await PoolAsync(2, 1);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        await _world.RunAsync(request.Actor.PrefillDoneAsync(first.Attempt.Number));
        Assert.Equal((0, 1), (Reserved(first.Binding!.Prefill.Instance), _world.Services.Reservations.Count));
        if (hasToken)
        {
            await _world.RunAsync(request.Actor.FirstTokenAsync(first.Attempt.Number));
        }

        _world.Advance(TimeSpan.FromSeconds(seconds));
        await KillAsync(first.Binding.Prefill.Instance);
        _world.Scheduler.RunAll();

        if (!isLost)
        {
            Assert.False(first.EpochLost.IsCancellationRequested);
        }
        else
        {
            await _world.UntilAsync(() => first.EpochLost.IsCancellationRequested);
            var second = await FailAsync(request, first, AttemptCause.EpochLost, LegKind.Decode);
            Assert.Equal(first.Binding.Decode, second.Binding!.Decode);
            Assert.NotEqual(first.Binding.Prefill.Instance, second.Binding.Prefill.Instance);
            Assert.False(second.EpochLost.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task An_attempt_whose_KV_is_to_be_fetched_from_an_instance_that_falls_silent_is_let_go()
    {
        await PoolAsync(2, 1, TimeSpan.FromSeconds(3));
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        await _world.RunAsync(request.Actor.PrefillDoneAsync(first.Attempt.Number));
        var reporter = new EvidenceReporter(_world.Services, _world.Host);
        _world.Probe.Set(World.Url(first.Binding!.Prefill.Instance.Name.Value), ProbeResult.TimedOut);

        for (var beat = 1; beat < 20 && !first.EpochLost.IsCancellationRequested; beat++)
        {
            foreach (var name in new[] { "p0", "p1", "d0" }.Where(name => name != first.Binding.Prefill.Instance.Name.Value))
            {
                await _world.RunAsync(_world.HeartbeatAsync(name, beat));
            }

            reporter.Look();
            _world.Advance(TimeSpan.FromMilliseconds(500));
        }

        Assert.True(first.EpochLost.IsCancellationRequested);
        await _world.RunAsync(request.CompleteAsync());
        Assert.Equal(0, _world.Services.Reservations.Count);
    }

    [Fact]
    public async Task A_failed_transfer_is_booked_on_the_pair_and_each_half_serves_on_with_others()
    {
        await PoolAsync(2, 2);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        var bad = first.Binding!;
        await FailAsync(request, first, AttemptCause.TransferFailed, LegKind.Decode);
        await _world.RunAsync(request.CompleteAsync());

        var pairs = new HashSet<(InstanceId, InstanceId)>();
        for (var i = 0; i < 200; i++)
        {
            pairs.Add(await PairAsync());
        }

        Assert.DoesNotContain((bad.Prefill.Instance, bad.Decode.Instance), pairs);
        Assert.Equal(3, pairs.Count);

        _world.Advance(_world.Services.Options.AvoidPair);
        for (var i = 0; i < 200; i++)
        {
            pairs.Add(await PairAsync());
        }

        Assert.Equal(4, pairs.Count);
    }

    [Fact]
    public async Task A_pair_that_is_all_there_is_serves_though_a_transfer_failed()
    {
        await PoolAsync(1, 1);
        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        _world.Services.View.Find(World.Pool)!.Avoid.AvoidPair(first.Binding!, Now() + TimeSpan.FromSeconds(30), Now());
        await _world.RunAsync(request.CompleteAsync());

        Assert.Equal((World.Id("p0"), World.Id("d0")), await PairAsync());
    }

    [Theory]
    [InlineData(AttemptCause.EngineOverloaded)]
    [InlineData(AttemptCause.ConnectionRefused)]
    public async Task An_instance_that_refused_one_request_is_avoided_by_the_others_for_a_moment(AttemptCause cause)
    {
        await _world.ConfigureAsync();
        foreach (var name in new[] { "a", "b", "c" })
        {
            await _world.ActivateAsync(name, limit: 100);
        }

        var request = _world.Request();
        var first = await _world.RunAsync(request.ServeAsync());
        var bad = first.Binding!.Decode.Instance;
        await FailAsync(request, first, cause, LegKind.Whole);
        await _world.RunAsync(request.CompleteAsync());
        for (var i = 0; i < 100; i++)
        {
            Assert.NotEqual(bad, (await PairAsync()).Decode);
        }

        _world.Advance(TimeSpan.FromSeconds(1));
        var seen = new HashSet<InstanceId>();
        for (var i = 0; i < 100; i++)
        {
            seen.Add((await PairAsync()).Decode);
        }

        Assert.Contains(bad, seen);
    }

    [Fact]
    public async Task A_storm_of_refusals_from_one_of_four_engines_costs_no_request()
    {
        await _world.ConfigureAsync();
        foreach (var name in new[] { "a", "b", "c", "bad" })
        {
            await _world.ActivateAsync(name, limit: 1000);
        }

        var running = new Queue<TestRequest>();
        for (var i = 0; i < 1000; i++)
        {
            var request = _world.Request();
            var step = await _world.RunAsync(request.StartAsync());
            while (step.Binding is { } binding && binding.Decode.Instance == World.Id("bad"))
            {
                step = await FailAsync(request, step, AttemptCause.EngineOverloaded, LegKind.Whole);
            }

            Assert.NotNull(step.Binding);
            running.Enqueue(request);
            if (running.Count > 100)
            {
                await _world.RunAsync(running.Dequeue().CompleteAsync());
            }

            if (i % 10 == 0)
            {
                _world.Advance(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    [Fact]
    public async Task The_only_instance_is_asked_though_it_refused_a_moment_ago()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        var request = _world.Request();
        var step = await _world.RunAsync(request.ServeAsync());
        Assert.NotNull((await FailAsync(request, step, AttemptCause.EngineOverloaded, LegKind.Whole)).Binding);
        Assert.Equal(World.Id("a"), (await PairAsync()).Decode);
    }

    private async Task PoolAsync(int prefills, int decodes, TimeSpan? lease = null)
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = lease ?? TimeSpan.FromMinutes(10) });
        for (var i = 0; i < prefills; i++)
        {
            await _world.ActivateAsync($"p{i}", role: InstanceRole.Prefill);
        }

        for (var i = 0; i < decodes; i++)
        {
            await _world.ActivateAsync($"d{i}", role: InstanceRole.Decode);
        }
    }

    private Monotonic Now() => _world.Time.GetMonotonic();

    private async Task<RequestStep> FailAsync(TestRequest request, RequestStep step, AttemptCause cause, LegKind leg)
    {
        var call = request.FailAsync(step, cause, leg);
        await _world.AdvanceUntilAsync(() => call.IsCompleted);
        return await call;
    }

    private async Task<(InstanceId Prefill, InstanceId Decode)> PairAsync()
    {
        var request = _world.Request();
        var binding = (await _world.RunAsync(request.ServeAsync())).Binding!;
        await _world.RunAsync(request.CompleteAsync());
        return (binding.Prefill.Instance, binding.Decode.Instance);
    }

    /// <summary>Leaves no room there, so that who gives up its place does not get it back.</summary>
    private async Task FillAsync(InstanceId instance)
    {
        var view = _world.View(instance.Name.Value)!;
        for (var i = view.Load.Requests; i < view.Limit; i++)
        {
            await _world.RunAsync(_world.Host.Instance(instance).BindAsync(new(TestPool.NewLeg(), view.Epoch, _world.Services.Silo, 1)));
        }
    }

    private int Reserved(InstanceId instance) => _world.View(instance.Name.Value)!.Load.ReservedRequests;

    private async Task KillAsync(InstanceId instance)
    {
        var name = instance.Name.Value;
        _world.Probe.Set(World.Url(name), ProbeResult.Refused);
        await _world.RunAsync(_world.Host.Instance(instance).ObserveAsync(new(Fleet.Instances.ObservationKind.ConnectionFailed, _world.View(name)!.Epoch)));
        await _world.UntilAsync(() => _world.View(name)!.Liveness == Liveness.Suspect);
    }
}
