using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Telemetry;
using Krewe.HostConformance;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Local;

public sealed class LocalActorHostTests
{
    [Fact]
    public async Task A_pool_that_wakes_its_members_is_itself_woken_once()
    {
        var store = new FaultyStore();
        using (var before = new World(store))
        {
            await before.ConfigureAsync();
            await before.ActivateAsync("a");
        }

        store.Reads.Clear();
        using var world = new World(store);
        await world.RunAsync(world.Host.Pool(World.Pool).NudgeAsync());
        await world.UntilAsync(() => world.View("a") is { Liveness: Liveness.LeaseLost });

        Assert.Equal(1, store.Reads[(PoolActor.Kind, World.Pool.Value)]);
        Assert.Equal(1, store.Reads[(InstanceActor.Kind, World.Id("a").ToString())]);
    }

    [Fact]
    public async Task Pools_and_instances_that_wake_each_other_from_two_sides_do_not_wait_for_each_other()
    {
        var store = new MemoryStateStore();
        using (var before = new World(store))
        {
            await before.ConfigureAsync();
            for (var i = 0; i < 8; i++)
            {
                await before.ActivateAsync($"i{i}");
            }
        }

        for (var round = 0; round < 100; round++)
        {
            using var services = new FleetServices(
                new SiloId("s"), TimeProvider.System, new SeededRandom(1), new FakeProbe(), new FleetOptions(), new KreweInstruments());
            var host = new LocalActorHost(store, services);
            using var start = new Barrier(4);
            var calls = new[]
            {
                Task.Run(() => CallAsync(() => host.Pool(World.Pool).NudgeAsync().AsTask())),
                Task.Run(() => CallAsync(() => host.Instance(World.Id("i0")).NudgeAsync().AsTask())),
                Task.Run(() => CallAsync(() => host.Instance(World.Id("i3")).RegisterAsync(World.Registration("i3")).AsTask())),
                Task.Run(() => CallAsync(() => host.Instance(World.Id("i7")).NudgeAsync().AsTask())),
            };

            await Task.WhenAll(calls).WaitAsync(Eventually.DefaultDeadline);
            await Eventually.TrueAsync(() => services.View.Find(World.Pool)?.View.Count == 8);

            Task CallAsync(Func<Task> call)
            {
                start.SignalAndWait();
                return call();
            }
        }
    }

    [Fact]
    public async Task An_instance_that_is_gone_leaves_memory_and_comes_back_with_its_epoch()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var epoch = await world.ActivateAsync("a");
        await world.ActivateAsync("b");
        var held = world.Instance("a");
        world.Probe.Set(World.Url("a"), ProbeResult.Refused);
        await held.ObserveAsync(new Observation(ObservationKind.ConnectionFailed, epoch));

        await world.AdvanceUntilAsync(() => world.Host.InstanceCount == 1);
        Assert.Equal(Liveness.Removed, world.View("a")!.Liveness);
        Assert.NotEqual(Liveness.Removed, world.View("b")!.Liveness);

        // Who held on to the old reference reaches the same actor as everybody else.
        world.Probe.Set(World.Url("a"), ProbeResult.Ok);
        var back = await world.RunAsync(held.RegisterAsync(World.Registration("a")));
        Assert.Equal((InstanceVerdict.Accepted, epoch.Next()), (back.Verdict, back.Epoch));
        Assert.Equal(2, world.Host.InstanceCount);
        Assert.Equal(InstanceVerdict.Renewed, (await world.RunAsync(world.HeartbeatAsync("a", 1))).Verdict);
    }

    [Fact]
    public async Task A_request_that_is_over_is_not_kept_whether_or_not_the_gateway_ends_it()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var refused = world.Host.Request(new RequestId(1, 1));
        Assert.Equal(RequestOutcome.NoInstance, (await world.RunAsync(refused.StartAsync(Spec(world)))).Outcome);
        Assert.Equal(0, world.Host.RequestCount);

        var unknown = world.Host.Request(new RequestId(1, 2));
        Assert.Equal(RequestOutcome.ModelNotFound, (await world.RunAsync(unknown.StartAsync(Spec(world) with { Pool = new PoolName("other") }))).Outcome);
        Assert.Equal(0, world.Host.RequestCount);

        await world.ActivateAsync("a");
        var served = world.Host.Request(new RequestId(1, 3));
        await world.RunAsync(served.StartAsync(Spec(world)));
        Assert.Equal(1, world.Host.RequestCount);
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.RunAsync(world.Host.Request(new RequestId(1, 3)).StartAsync(Spec(world))));
        Assert.Equal(1, world.Host.RequestCount);
        await world.RunAsync(served.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, default, 1)));
        Assert.Equal(0, world.Host.RequestCount);
    }

    [Fact]
    public async Task A_shutdown_while_the_store_is_out_waits_for_all_last_writes_at_once()
    {
        var store = new FaultyStore();
        using var world = new World(store);
        await world.ConfigureAsync();
        for (var i = 0; i < 40; i++)
        {
            await world.ActivateAsync($"i{i}");
        }

        store.FailsWrites = true;
        for (var i = 0; i < 40; i++)
        {
            _ = world.Instance($"i{i}").AdministerAsync(new AdminCommand(AdminAction.Cordon)).AsTask();
        }

        world.Scheduler.RunAll();
        var began = world.Time.Elapsed;
        var stop = world.Host.DisposeAsync().AsTask();
        await world.AdvanceUntilAsync(() => stop.IsCompleted);
        await stop;

        Assert.InRange(world.Time.Elapsed - began, TimeSpan.Zero, 2 * world.Services.Options.StoreWriteTimeout);
        Assert.Equal(0, world.StoreOutages);
    }

    [Fact]
    public async Task Of_two_activations_of_one_instance_the_older_gives_way_to_what_is_stored()
    {
        var time = new ManualTimeProvider();
        var store = new MemoryStateStore();
        using var east = new World(store, time, "east");
        using var west = new World(store, time, "west");
        await east.ConfigureAsync();
        await west.ConfigureAsync();
        var first = await east.ActivateAsync("a", "one");
        var lost = new TaskCompletionSource();
        east.Services.Reservations.Add(new(new(new(new RequestId(1, 1), 1), default), World.Id("a"), first, 1, _ => lost.TrySetResult()));

        // West does not know that east runs the same instance; to it the engine is silent.
        west.Probe.Set(World.Url("a"), ProbeResult.TimedOut);
        await west.RunAsync(west.Instance("a").NudgeAsync());
        Advance(TimeSpan.FromSeconds(2));
        west.Probe.Set(World.Url("a"), ProbeResult.Ok);
        var second = await west.ActivateAsync("a", "two");
        Assert.Equal(first.Next(), second);

        // East writes, and meets west's word.
        await east.RunAsync(east.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Cordon)));
        await east.UntilAsync(() => east.View("a")!.Epoch == second);

        Assert.Equal(new IncarnationId("two"), east.View("a")!.Registration.Incarnation);
        Assert.True(lost.Task.IsCompleted, "The attempts on the epoch that lost were not told.");
        Assert.Equal(InstanceVerdict.StaleIncarnation, (await east.RunAsync(east.HeartbeatAsync("a", 1, "one"))).Verdict);

        void Advance(TimeSpan by)
        {
            for (var end = time.Elapsed + by; time.NextTimerIn is { } next && time.Elapsed + next <= end;)
            {
                time.Advance(next);
                east.Scheduler.RunAll();
                west.Scheduler.RunAll();
            }
        }
    }

    private static RequestSpec Spec(World world) => new()
    {
        Pool = World.Pool,
        Model = "model",
        PromptTokens = 1,
        AllowDisaggregated = true,
        Stream = true,
        Deadline = Deadline.In(TimeSpan.FromMinutes(1), world.Time.GetMonotonic()),
    };
}
