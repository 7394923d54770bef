using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Fleet.Pools;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Tests.Pools;

public sealed class StandingTests
{
    [Fact]
    public async Task Half_of_a_pool_falls_silent_and_membership_freezes_until_it_is_heard_again()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var names = new[] { "a", "b", "c", "d" };
        foreach (var name in names)
        {
            await world.ActivateAsync(name);
        }

        Say(world, ProbeResult.TimedOut, "a", "b");
        await BeatAsync(world, TimeSpan.FromSeconds(120), "c", "d");

        Assert.All(names, name => Assert.True(world.View(name)!.Schedulable, name));
        Assert.Equal([Liveness.LeaseLost, Liveness.LeaseLost, Liveness.Active, Liveness.Active], names.Select(name => world.View(name)!.Liveness));
        Assert.Equal(1, Frozen(world));
        Assert.Equal(["Open>Frozen:HalfSilent"], Membership(world));

        Say(world, ProbeResult.Ok, "a", "b");
        await BeatAsync(world, TimeSpan.FromSeconds(5), names);
        Assert.All(names, name => Assert.Equal(Liveness.Active, world.View(name)!.Liveness));
        Assert.Equal(0, Frozen(world));
        Assert.Equal(["Open>Frozen:HalfSilent", "Frozen>Open:HeardAgain"], Membership(world));
    }

    [Fact]
    public async Task Less_than_half_of_a_pool_falls_silent_and_is_removed()
    {
        using var world = new World();
        await world.ConfigureAsync();
        foreach (var name in new[] { "a", "b", "c" })
        {
            await world.ActivateAsync(name);
        }

        Say(world, ProbeResult.TimedOut, "a");
        await BeatAsync(world, TimeSpan.FromSeconds(3), "b", "c");
        Assert.Equal(Liveness.Suspect, world.View("a")!.Liveness);
        await BeatAsync(world, TimeSpan.FromSeconds(16), "b", "c");
        Assert.Equal(Liveness.Removed, world.View("a")!.Liveness);
        Assert.Empty(Membership(world));
    }

    [Fact]
    public async Task A_frozen_pool_lets_the_dead_go_and_takes_the_rest_for_lost_when_it_thaws()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var names = new[] { "a", "b", "c", "d" };
        foreach (var name in names)
        {
            await world.ActivateAsync(name);
        }

        Say(world, ProbeResult.TimedOut, "a", "b");
        await BeatAsync(world, TimeSpan.FromSeconds(20), "c", "d");
        Say(world, ProbeResult.Refused, "a");
        await BeatAsync(world, TimeSpan.FromSeconds(3), "c", "d");
        Assert.Equal(Liveness.Removed, world.View("a")!.Liveness);

        // One of three is no blindness.
        Assert.Equal(0, Frozen(world));
        await BeatAsync(world, TimeSpan.FromSeconds(1), "c", "d");
        Assert.Equal(Liveness.Suspect, world.View("b")!.Liveness);
    }

    [Fact]
    public async Task A_new_activation_of_the_pool_keeps_what_was_frozen_until_its_members_have_answered()
    {
        using var world = new World();
        await world.ConfigureAsync();
        await world.ActivateAsync("a");
        await world.ActivateAsync("b");
        Say(world, ProbeResult.TimedOut, "a", "b");
        world.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, Frozen(world));

        using var next = new World(world.Store, world.Time);
        Assert.True(next.Services.View.Apply(new PoolStanding(World.Pool, 1, 99, IsFrozen: true, RefusesNew: false)));
        Say(next, ProbeResult.TimedOut, "a", "b");
        await next.RunAsync(next.Host.Pool(World.Pool).NudgeAsync());
        next.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal([Liveness.LeaseLost, Liveness.LeaseLost], new[] { "a", "b" }.Select(name => next.View(name)!.Liveness));
        Assert.Equal(1, Frozen(next));
    }

    [Fact]
    public async Task A_pool_that_fails_fast_refuses_new_requests_and_goes_on_with_those_it_has()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { FailureMode = FailureMode.FailFast });
        await world.ActivateAsync("a");
        await world.ActivateAsync("b");
        var running = world.Request();
        await world.RunAsync(running.ServeAsync());

        Say(world, ProbeResult.Refused, "b");
        await world.RunAsync(world.Instance("b").ObserveAsync(new(Fleet.Instances.ObservationKind.ConnectionFailed, world.View("b")!.Epoch)));
        await world.UntilAsync(() => world.View("b")!.Liveness == Liveness.Suspect);
        Assert.Equal(PoolHealthReason.FailedFast, (await HealthAsync(world)).Reason);
        Assert.Equal(RequestOutcome.NoInstance, (await world.RunAsync(world.Request().StartAsync())).Outcome);
        await world.RunAsync(running.CompleteAsync());

        Say(world, ProbeResult.Ok, "b");
        await world.AdvanceUntilAsync(() => world.View("b")!.Schedulable);
        await world.RunAsync(world.Request().ServeAsync());
    }

    [Fact]
    public async Task One_that_was_removed_is_missed_for_10_min_and_then_forgotten()
    {
        using var world = new World();
        await world.ConfigureAsync();
        await world.ActivateAsync("a");
        await world.ActivateAsync("b");
        Say(world, ProbeResult.Refused, "b");
        await world.RunAsync(world.Instance("b").ObserveAsync(new(Fleet.Instances.ObservationKind.ConnectionFailed, world.View("b")!.Epoch)));
        await BeatAsync(world, PoolActor.MissedFor - TimeSpan.FromSeconds(5), "a");
        Assert.Equal(PoolHealthReason.InstancesLost, (await HealthAsync(world)).Reason);

        await BeatAsync(world, TimeSpan.FromSeconds(10), "a");
        Assert.Equal((PoolHealth.Healthy, PoolHealthReason.AllServing), (await HealthAsync(world)) is var health ? (health.Health, health.Reason) : default);
    }

    [Fact]
    public async Task One_that_drained_is_not_missed()
    {
        using var world = new World();
        await world.ConfigureAsync();
        await world.ActivateAsync("a");
        await world.ActivateAsync("b");
        await world.RunAsync(world.Instance("b").AdministerAsync(new(Fleet.Instances.AdminAction.Drain, TimeSpan.FromSeconds(1))));
        await BeatAsync(world, TimeSpan.FromSeconds(5), "a");
        Assert.Equal(Liveness.Removed, world.View("b")!.Liveness);
        Assert.Equal(PoolHealth.Healthy, (await HealthAsync(world)).Health);
    }

    private static void Say(World world, ProbeResult result, params string[] names) => Array.ForEach(names, name => world.Probe.Set(World.Url(name), result));

    private static async Task<PoolHealthReport> HealthAsync(World world) => (await world.RunAsync(world.Host.Pool(World.Pool).DescribeAsync()))!.Health;

    private static IEnumerable<string> Membership(World world) => world.Services.Events.Newest(World.Pool, 100)
        .Where(entry => entry.What == "membership")
        .Reverse()
        .Select(entry => $"{entry.From}>{entry.To}:{entry.Cause}");

    private static long Frozen(World world) => world.Gauge("krewe.pool.frozen");

    /// <summary>Lets time pass while these send their heartbeats.</summary>
    private static async Task BeatAsync(World world, TimeSpan span, params string[] names)
    {
        for (var until = world.Time.Elapsed + span; world.Time.Elapsed < until;)
        {
            foreach (var name in names)
            {
                await world.RunAsync(world.HeartbeatAsync(name, (long)world.Time.Elapsed.TotalMilliseconds + 1));
            }

            world.Advance(TimeSpan.FromMilliseconds(500));
        }
    }
}
