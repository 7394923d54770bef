using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Reservations;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>Bind and reserve, in one turn, on exactly the epoch named; given back exactly once.</summary>
public abstract class BindingConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task A_binding_holds_a_reservation_and_its_reply_carries_the_true_load()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");

        var reply = await pool.BindAsync("a", epoch, TestPool.NewLeg(), tokens: 70);

        Assert.Equal(BindOutcome.Bound, reply.Outcome);
        Assert.Equal((1, 70L, epoch), (reply.View!.Load.ReservedRequests, reply.View.Load.ReservedTokens, reply.View.Epoch));
        await pool.ReservedAsync("a", 1);
    }

    [Fact]
    public async Task A_binding_on_another_epoch_is_refused()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        var moved = await pool.RegisterAsync("a", role: InstanceRole.Decode);
        await pool.ReachAsync("a", Liveness.Active, moved.Epoch);

        Assert.Equal(BindOutcome.EpochMoved, (await pool.BindAsync("a", new Epoch(moved.Epoch.Value - 1), TestPool.NewLeg())).Outcome);
        Assert.Equal(BindOutcome.EpochMoved, (await pool.BindAsync("a", moved.Epoch.Next(), TestPool.NewLeg())).Outcome);
        Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", moved.Epoch, TestPool.NewLeg())).Outcome);
    }

    [Fact]
    public async Task A_binding_on_an_instance_that_nobody_registered_is_refused()
    {
        var pool = await PoolAsync();

        var reply = await pool.BindAsync("nobody", new Epoch(1), TestPool.NewLeg());

        Assert.Equal(new BindReply(BindOutcome.EpochMoved, null), reply);
    }

    [Fact]
    public async Task A_joining_or_cordoned_instance_takes_no_binding()
    {
        var pool = await PoolAsync();
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);
        var epoch = (await pool.RegisterAsync("a")).Epoch;
        Assert.Equal(BindOutcome.NotSchedulable, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
        await pool.HeartbeatAsync("a", 1);
        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Cordon));

        Assert.Equal(BindOutcome.NotSchedulable, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Uncordon));
        Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
    }

    [Fact]
    public async Task A_full_instance_refuses_until_something_is_given_back()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", limit: 2);
        var first = TestPool.NewLeg();
        await pool.BindAsync("a", epoch, first);
        await pool.BindAsync("a", epoch, TestPool.NewLeg());

        Assert.Equal(BindOutcome.Full, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
        await pool.ReservedAsync("a", 2);

        // A release is one-way: nobody is told when it has arrived.
        await pool.ReleaseAsync("a", epoch, first);
        await pool.ReservedAsync("a", 1);
        Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
    }

    [Fact]
    public async Task Many_binders_at_once_never_go_over_the_limit()
    {
        const int Binders = 64;
        const int Limit = 10;
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", limit: Limit);
        var legs = Enumerable.Range(0, Binders).Select(_ => TestPool.NewLeg()).ToArray();

        var replies = await Task.WhenAll(legs.Select(leg => Task.Run(() => pool.BindAsync("a", epoch, leg).AsTask())));

        Assert.Equal(Limit, replies.Count(reply => reply.Outcome == BindOutcome.Bound));
        Assert.Equal(Binders - Limit, replies.Count(reply => reply.Outcome == BindOutcome.Full));
        Assert.All(replies, reply => Assert.InRange(reply.View!.Load.ReservedRequests, 1, Limit));
        await Task.WhenAll(legs.Select(leg => Task.Run(() => pool.ReleaseAsync("a", epoch, leg).AsTask())));
        await pool.ReservedAsync("a", 0);
    }

    [Fact]
    public async Task A_reservation_is_given_back_once_however_often_it_is_released()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var (first, second) = (TestPool.NewLeg(), TestPool.NewLeg());
        await pool.BindAsync("a", epoch, first, tokens: 3);
        await pool.BindAsync("a", epoch, second, tokens: 5);

        await pool.ReleaseAsync("a", epoch, first);
        await pool.ReleaseAsync("a", epoch, first);
        await pool.ReservedAsync("a", 1);

        var left = (await pool.BindAsync("a", epoch, second)).View!.Load;
        Assert.Equal((1, 5L), (left.ReservedRequests, left.ReservedTokens));
    }

    [Fact]
    public async Task A_reserve_that_comes_after_its_release_is_refused()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");

        // A release is one way: between silos, what is sent after it may arrive before it.
        await Eventually.ReadAsync(
            async () =>
            {
                var leg = TestPool.NewLeg();
                await pool.ReleaseAsync("a", epoch, leg, AttemptVerdict.Cancelled);
                return (await pool.BindAsync("a", epoch, leg)).Outcome;
            },
            outcome => outcome == BindOutcome.AlreadyReleased);

        await pool.ReservedAsync("a", 0);
    }

    [Fact]
    public async Task The_same_bind_twice_holds_once()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var leg = TestPool.NewLeg();

        Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", epoch, leg)).Outcome);
        var again = await pool.BindAsync("a", epoch, leg);

        Assert.Equal((BindOutcome.Bound, 1), (again.Outcome, again.View!.Load.ReservedRequests));
    }

    [Fact]
    public async Task A_release_of_an_older_epoch_leaves_the_newer_one_alone()
    {
        var pool = await PoolAsync();
        var old = await pool.ActivateAsync("a");
        var leg = TestPool.NewLeg();
        await pool.BindAsync("a", old, leg);
        var moved = await pool.RegisterAsync("a", role: InstanceRole.Decode);
        await pool.ReachAsync("a", Liveness.Active, moved.Epoch);
        Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", moved.Epoch, leg)).Outcome);

        await pool.ReleaseAsync("a", old, leg);

        Assert.Equal(1, (await pool.BindAsync("a", moved.Epoch, leg)).View!.Load.ReservedRequests);
    }

    [Fact]
    public async Task A_release_and_an_assertion_for_somebody_unknown_are_harmless()
    {
        var pool = await PoolAsync();

        await pool.ReleaseAsync("nobody", new Epoch(3), TestPool.NewLeg(), AttemptVerdict.Failed, connectionFailed: true);
        await pool.Instance("nobody").AssertAsync(new AssertCommand(Host.Services.Silo, new Epoch(3), [new HeldLeg(TestPool.NewLeg(), 1)]));
        await pool.Instance("nobody").ObserveAsync(new Observation(ObservationKind.TokensSeen, new Epoch(3)));
        await pool.Instance("nobody").NudgeAsync();

        Assert.Equal(InstanceVerdict.Accepted, (await pool.RegisterAsync("nobody")).Verdict);
    }

    [Fact]
    public async Task A_drain_ends_when_the_last_reservation_is_given_back()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var leg = TestPool.NewLeg();
        await pool.BindAsync("a", epoch, leg);

        Assert.Equal(InstanceVerdict.Accepted, await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(10))));
        Assert.Equal(BindOutcome.NotSchedulable, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
        Assert.Equal(AdminState.Draining, (await pool.HeartbeatAsync("a", 1)).Admin);
        await pool.ReleaseAsync("a", epoch, leg);

        Assert.Equal(AdminState.Drained, (await pool.ReachAsync("a", Liveness.Removed)).Admin);
        Assert.Equal(InstanceVerdict.Drained, (await pool.RegisterAsync("a")).Verdict);
        Assert.Equal((InstanceVerdict.Drained, AdminState.Drained), (await pool.HeartbeatAsync("a", 2)) is var told ? (told.Verdict, told.Admin) : default);
        Assert.Equal((InstanceVerdict.Accepted, epoch.Next()), (await pool.RegisterAsync("a", "two")) is var next ? (next.Verdict, next.Epoch) : default);
    }

    [Fact]
    public async Task A_drain_of_an_idle_instance_ends_at_once()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");

        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(10)));

        Assert.Equal(AdminState.Drained, (await pool.ReachAsync("a", Liveness.Removed)).Admin);
    }

    [Fact]
    public async Task A_drain_whose_time_is_over_tells_those_that_still_run()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var leg = TestPool.NewLeg();
        var told = new TaskCompletionSource<EvidenceKind?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await pool.BindAsync("a", epoch, leg);
        Host.Services.Reservations.Add(new HeldReservation(leg, pool.Id("a"), epoch, 10, evidence => told.TrySetResult(evidence)));
        try
        {
            await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMilliseconds(100)));

            Assert.Null(await told.Task.WaitAsync(Eventually.DefaultDeadline));
            await pool.ReachAsync("a", Liveness.Removed);
        }
        finally
        {
            Host.Services.Reservations.Remove(leg);
        }
    }

    [Fact]
    public async Task Failed_attempts_open_the_breaker_and_a_release_is_booked_once()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", limit: 100);
        var failures = new BreakerOptions().ConsecutiveFailures;
        for (var i = 1; i < failures; i++)
        {
            await FailAsync();
        }

        Assert.Equal(BreakerState.Closed, pool.View("a")!.Breaker);
        await FailAsync();
        await Eventually.TrueAsync(() => pool.View("a") is { Breaker: BreakerState.Open, Schedulable: false });
        Assert.Equal(BindOutcome.NotSchedulable, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);

        async Task FailAsync()
        {
            var leg = TestPool.NewLeg();
            Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", epoch, leg)).Outcome);
            await pool.ReleaseAsync("a", epoch, leg, AttemptVerdict.Failed);
            await pool.ReleaseAsync("a", epoch, leg, AttemptVerdict.Failed);
        }
    }

    [Fact]
    public async Task A_refused_connection_is_followed_up_at_once_and_its_attempts_are_told()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var (failed, running) = (TestPool.NewLeg(), TestPool.NewLeg());
        var told = new TaskCompletionSource<EvidenceKind?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await pool.BindAsync("a", epoch, failed);
        await pool.BindAsync("a", epoch, running);
        Host.Services.Reservations.Add(new HeldReservation(running, pool.Id("a"), epoch, 10, evidence => told.TrySetResult(evidence)));
        Host.Probe.Set(pool.Url("a"), ProbeResult.Refused);
        try
        {
            await pool.ReleaseAsync("a", epoch, failed, AttemptVerdict.Failed, connectionFailed: true);

            Assert.Equal(EvidenceKind.Dead, await told.Task.WaitAsync(Eventually.DefaultDeadline));
            await pool.ReachAsync("a", Liveness.Removed);
            Assert.Equal(BindOutcome.NotSchedulable, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
        }
        finally
        {
            Host.Services.Reservations.Remove(running);
        }
    }
}
