using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;

namespace Krewe.Fleet.Tests.Instances;

public sealed class InstanceActorTests
{
    [Fact]
    public async Task A_registration_while_the_store_is_out_is_provisional_and_written_when_it_is_back()
    {
        var store = new FaultyStore { FailsWrites = true };
        using var world = new World(store);
        var call = world.Instance("a").RegisterAsync(World.Registration("a")).AsTask();
        await world.AdvanceUntilAsync(() => call.IsCompleted);
        var reply = await call;
        Assert.Equal((InstanceVerdict.Accepted, true), (reply.Verdict, reply.IsProvisional));
        Assert.Equal(1, world.StoreOutages);
        await world.UntilAsync(() => world.View("a") is { Schedulable: true });

        store.FailsWrites = false;
        await world.AdvanceUntilAsync(() => world.StoreOutages == 0);

        var stored = await Stored(store);
        Assert.Equal((new Epoch(1), Liveness.Active), (stored!.Record.Epoch, stored.Record.Liveness));
        Assert.False((await world.RunAsync(world.Instance("a").RegisterAsync(World.Registration("a")))).IsProvisional);
    }

    [Fact]
    public async Task An_activation_that_the_store_leaves_waiting_goes_on_from_the_view_unverified()
    {
        var store = new FaultyStore();
        using var world = new World(store);
        await world.ConfigureAsync();
        using (var before = new World(store, world.Time))
        {
            await before.ConfigureAsync();
            await before.ActivateAsync("a");
            Assert.True(world.Services.View.Apply(before.View("a")!));
        }

        store.Hangs = true;
        world.Probe.Set(World.Url("a"), ProbeResult.TimedOut);
        var began = world.Time.Elapsed;
        var call = world.HeartbeatAsync("a", 1, "somebody-else").AsTask();
        await world.AdvanceUntilAsync(() => call.IsCompleted);

        Assert.Equal((InstanceVerdict.UnknownInstance, new Epoch(1), Liveness.LeaseLost), await call is var told ? (told.Verdict, told.Epoch, told.Liveness) : default);
        Assert.Equal(world.Services.Options.StoreReadTimeout, world.Time.Elapsed - began);
        Assert.Equal(Liveness.Active, (await world.RunAsync(world.HeartbeatAsync("a", 1))).Liveness);
    }

    [Fact]
    public async Task Who_registered_while_the_store_was_out_gives_way_to_a_newer_record_and_is_asked_to_come_again()
    {
        var store = new FaultyStore();
        using (var before = new World(store))
        {
            await before.ActivateAsync("a", "one");
            before.Probe.Set(World.Url("a"), ProbeResult.Refused);
            await before.RunAsync(before.Instance("a").ObserveAsync(new Observation(ObservationKind.ConnectionFailed, new Epoch(1))));
            await before.AdvanceUntilAsync(() => before.View("a") is { Liveness: Liveness.Removed });
            before.Probe.Set(World.Url("a"), ProbeResult.Ok);
            Assert.Equal(new Epoch(2), await before.ActivateAsync("a", "two"));
        }

        store.FailsReads = store.FailsWrites = true;
        using var world = new World(store);
        var lost = 0;
        var call = world.Instance("a").RegisterAsync(World.Registration("a", "three")).AsTask();
        await world.AdvanceUntilAsync(() => call.IsCompleted);
        var provisional = await call;
        Assert.Equal((new Epoch(1), true), (provisional.Epoch, provisional.IsProvisional));
        world.Services.Reservations.Add(new(new(new(new RequestId(1, 1), 1), default), World.Id("a"), new Epoch(1), 1, _ => lost++));

        store.FailsReads = store.FailsWrites = false;
        await world.AdvanceUntilAsync(() => world.View("a")!.Epoch == new Epoch(2));

        Assert.Equal(new IncarnationId("two"), world.View("a")!.Registration.Incarnation);
        Assert.Equal(1, lost);
        Assert.Equal(InstanceVerdict.UnknownInstance, (await world.RunAsync(world.HeartbeatAsync("a", 1, "three"))).Verdict);
        world.Probe.Set(World.Url("a"), ProbeResult.TimedOut);
        world.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(new Epoch(3), (await world.RunAsync(world.Instance("a").RegisterAsync(World.Registration("a", "three")))).Epoch);
    }

    [Fact]
    public async Task A_registration_that_meets_a_newer_record_is_not_answered_as_if_it_stood()
    {
        var store = new FaultyStore();
        using (var before = new World(store))
        {
            await before.ActivateAsync("a", "one");
        }

        // Only the read at its activation fails.
        store.FailsReads = true;
        using var world = new World(store);
        await world.RunAsync(world.Instance("a").NudgeAsync());
        store.FailsReads = false;

        var reply = await world.RunAsync(world.Instance("a").RegisterAsync(World.Registration("a", "two")));

        // Epoch 1 was given to both: who keeps the name has one of its own.
        Assert.Equal((InstanceVerdict.NameInUse, new Epoch(2)), (reply.Verdict, reply.Epoch));
        Assert.Equal((new IncarnationId("one"), new Epoch(2)), (world.View("a")!.Registration.Incarnation, world.View("a")!.Epoch));
    }

    [Fact]
    public async Task What_an_operator_asked_for_outlives_a_conflict_with_another_activation()
    {
        var store = new FaultyStore();
        using var world = new World(store);
        await world.ActivateAsync("a");
        using var other = new World(store, world.Time);
        await other.RunAsync(other.Instance("a").NudgeAsync());
        await other.UntilAsync(() => Stored(store) is { IsCompletedSuccessfully: true, Result.Generation: > 1 });

        await world.RunAsync(world.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Cordon)));

        Assert.Equal(AdminState.Cordoned, world.View("a")!.Admin);
    }

    [Fact]
    public async Task Heartbeats_keep_it_active_for_as_long_as_they_come()
    {
        using var world = new World();
        await world.ConfigureAsync();
        await world.ActivateAsync("a");
        for (var beat = 1; beat <= 40; beat++)
        {
            world.Advance(TimeSpan.FromMilliseconds(500));
            Assert.Equal(InstanceVerdict.Renewed, (await world.RunAsync(world.HeartbeatAsync("a", beat))).Verdict);
            Assert.Equal(Liveness.Active, world.View("a")!.Liveness);
        }

        Assert.Single(world.Services.Events.Newest(World.Pool, 1000), entry => entry.To == "Active");
        await world.AdvanceUntilAsync(() => world.View("a")!.Liveness == Liveness.LeaseLost);
    }

    [Fact]
    public async Task A_probe_that_throws_says_nothing_of_the_engine()
    {
        using var world = new World();
        await world.ConfigureAsync();
        world.Probe.Break(World.Url("a"));
        await world.RunAsync(world.Instance("a").RegisterAsync(World.Registration("a")));
        world.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(Liveness.Joining, world.View("a")!.Liveness);

        world.Probe.Set(World.Url("a"), ProbeResult.Ok);

        await world.AdvanceUntilAsync(() => world.View("a")!.Liveness == Liveness.Active);
    }

    [Fact]
    public async Task One_trial_at_a_time_tests_a_breaker_that_was_open()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await world.ActivateAsync("a", limit: 100);
        for (ulong i = 1; i <= 5; i++)
        {
            await world.RunAsync(BindAsync(i));
            await world.RunAsync(ReleaseAsync(i, AttemptVerdict.Failed));
        }

        Assert.Equal(BreakerState.Open, world.View("a")!.Breaker);
        await world.AdvanceUntilAsync(() => world.View("a")!.Breaker == BreakerState.HalfOpen);
        Assert.Equal(BindOutcome.Bound, (await world.RunAsync(BindAsync(10))).Outcome);
        Assert.Equal(BindOutcome.NotSchedulable, (await world.RunAsync(BindAsync(11))).Outcome);

        // What ended without a verdict leaves the trial to the next.
        await world.RunAsync(ReleaseAsync(10, AttemptVerdict.Cancelled));
        Assert.Equal(BindOutcome.Bound, (await world.RunAsync(BindAsync(12))).Outcome);
        await world.RunAsync(ReleaseAsync(12, AttemptVerdict.Succeeded));

        Assert.Equal(BreakerState.Closed, world.View("a")!.Breaker);
        Assert.Equal(BindOutcome.Bound, (await world.RunAsync(BindAsync(13))).Outcome);
        Assert.Equal(BindOutcome.Bound, (await world.RunAsync(BindAsync(14))).Outcome);

        // A trial whose silo is gone does not hold the instance for ever.
        for (ulong i = 20; i < 25; i++)
        {
            await world.RunAsync(BindAsync(i));
            await world.RunAsync(ReleaseAsync(i, AttemptVerdict.Failed));
        }

        await world.AdvanceUntilAsync(() => world.View("a") is { Breaker: BreakerState.HalfOpen });
        Assert.Equal(BindOutcome.Bound, (await world.RunAsync(BindAsync(30))).Outcome);
        Assert.Equal(BindOutcome.NotSchedulable, (await world.RunAsync(BindAsync(31))).Outcome);
        world.Advance(LedgerOptions.Default.AssertLimit + TimeSpan.FromSeconds(2));
        Assert.Equal(BindOutcome.Bound, (await world.RunAsync(BindAsync(32))).Outcome);

        ValueTask<BindReply> BindAsync(ulong number) => world.Instance("a").BindAsync(new BindCommand(Leg(number), epoch, world.Services.Silo, 1));

        ValueTask ReleaseAsync(ulong number, AttemptVerdict verdict) =>
            world.Instance("a").ReleaseAsync(new ReleaseCommand(Leg(number), epoch, verdict, ConnectionFailed: false));
    }

    [Fact]
    public async Task A_drain_waits_for_the_KV_of_the_last_prefill_to_be_fetched()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await world.ActivateAsync("a", role: InstanceRole.Prefill);
        var leg = Leg(1) with { Kind = LegKind.Prefill };
        await world.RunAsync(world.Instance("a").BindAsync(new BindCommand(leg, epoch, world.Services.Silo, 1)));
        await world.RunAsync(world.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(1))));
        await world.RunAsync(world.Instance("a").ReleaseAsync(new ReleaseCommand(leg, epoch, AttemptVerdict.Succeeded, ConnectionFailed: false)));
        Assert.Equal(0, world.View("a")!.Load.ReservedRequests);

        world.Advance(LedgerOptions.Default.TransferLimit - TimeSpan.FromMilliseconds(1));
        Assert.Equal(AdminState.Draining, world.View("a")!.Admin);

        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((Liveness.Removed, AdminState.Drained), (world.View("a")!.Liveness, world.View("a")!.Admin));
    }

    [Fact]
    public async Task A_drain_asked_for_after_the_last_prefill_waits_for_its_KV_too_and_one_that_failed_has_none()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        foreach (var (name, verdict, isDrained) in new[] { ("a", AttemptVerdict.Succeeded, false), ("b", AttemptVerdict.Failed, true) })
        {
            var epoch = await world.ActivateAsync(name, role: InstanceRole.Prefill);
            var leg = Leg(1) with { Kind = LegKind.Prefill };
            await world.RunAsync(world.Instance(name).BindAsync(new BindCommand(leg, epoch, world.Services.Silo, 1)));
            await world.RunAsync(world.Instance(name).ReleaseAsync(new ReleaseCommand(leg, epoch, verdict, ConnectionFailed: false)));

            await world.RunAsync(world.Instance(name).AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(1))));

            Assert.Equal(isDrained, world.View(name)!.Admin == AdminState.Drained);
        }

        await world.AdvanceUntilAsync(() => world.View("a")!.Admin == AdminState.Drained);
    }

    private static AttemptLeg Leg(ulong number) => new(new AttemptId(new RequestId(7, number), 1), LegKind.Whole);

    private static Task<InstanceDocument?> Stored(FaultyStore store) => store.Records<InstanceDocument>(InstanceActor.Kind, World.Id("a").ToString()).LoadAsync(default);
}
