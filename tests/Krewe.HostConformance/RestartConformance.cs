using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>What of the fleet outlives the silo, however it ends.</summary>
public abstract class RestartConformance(HostFixture host) : ConformanceTest(host)
{
    public static TheoryData<bool> Ends => [false, true];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Instances_come_back_by_themselves_in_their_epoch_unverified_until_a_heartbeat(bool crash)
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", limit: 3);
        var before = pool.View("a")!.Version;

        await EndAsync(crash);
        await WakeAsync();

        var back = await pool.ReachAsync("a", Liveness.LeaseLost, epoch);
        Assert.True(back.Schedulable);
        Assert.Equal(3, back.Limit);
        Assert.Equal(new IncarnationId("one"), back.Registration.Incarnation);
        Assert.True(back.Version > before, $"{back.Version} is not newer than {before}.");
        Assert.Equal(InstanceVerdict.Renewed, (await pool.HeartbeatAsync("a", 1)).Verdict);
        await pool.ReachAsync("a", Liveness.Active, epoch);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Epochs_go_on_rising(bool crash)
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", "one");
        await EndAsync(crash);

        // Probes that are answered at its address would guard the name for the first one.
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);
        var taken = await pool.TakeOverAsync("a", "two");

        Assert.Equal((InstanceVerdict.Accepted, epoch.Next()), (taken.Verdict, taken.Epoch));
        await Eventually.TrueAsync(() => pool.View("a")?.Epoch == taken.Epoch);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_removed_instance_keeps_its_epoch(bool crash)
    {
        var pool = await PoolAsync(Brief);
        var epoch = await pool.ActivateAsync("a");
        Host.Probe.Set(pool.Url("a"), ProbeResult.Refused);
        await pool.ReachAsync("a", Liveness.Removed);
        // Its removal is being written; an answered command is behind that write.
        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Cordon));
        await EndAsync(crash);
        Host.Probe.Set(pool.Url("a"), ProbeResult.Ok);

        Assert.Equal(epoch.Next(), (await pool.RegisterAsync("a")).Epoch);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Who_was_superseded_stays_so(bool crash)
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", "one");
        var taken = await pool.TakeOverAsync("a", "two");
        await pool.ReachAsync("a", Liveness.Active, taken.Epoch);
        // What confirmed it is being written; an answered command is behind that write.
        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Cordon));

        await EndAsync(crash);

        Assert.Equal(InstanceVerdict.StaleIncarnation, (await pool.RegisterAsync("a", "one")).Verdict);
        Assert.Equal((InstanceVerdict.Renewed, AdminState.Cordoned, taken.Epoch), await pool.HeartbeatAsync("a", 1, "two") is var told ? (told.Verdict, told.Admin, told.Epoch) : default);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Who_was_drained_stays_so(bool crash)
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(1)));
        await pool.ReachAsync("a", Liveness.Removed);

        await EndAsync(crash);

        Assert.Equal(InstanceVerdict.Drained, (await pool.RegisterAsync("a")).Verdict);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Pools_their_definitions_and_the_index_come_back(bool crash)
    {
        var pool = await PoolAsync(pool => Steady(pool) with { Aliases = [$"{pool.Name}-alias"], QueueLimit = 17, Idle = TimeSpan.FromSeconds(7) });

        await EndAsync(crash);
        await WakeAsync();

        Assert.Contains(pool.Name, await Host.Actors.PoolIndex.ListAsync());
        await Eventually.TrueAsync(() => Host.Services.View.FindByModel($"{pool.Name}-alias")?.Name == pool.Name);
        Assert.Equal((17, TimeSpan.FromSeconds(7)), (pool.Slot.Definition!.QueueLimit, pool.Slot.Definition.Idle));
        var described = await pool.Actor.DescribeAsync();
        Assert.Equal(17, described!.Definition.QueueLimit);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_pool_changed_after_a_restart_reaches_the_view(bool crash)
    {
        var pool = await PoolAsync();
        await EndAsync(crash);
        await WakeAsync();

        await pool.Actor.ConfigureAsync(pool.Definition with { QueueLimit = 5 });

        await Eventually.TrueAsync(() => pool.Slot.Definition?.QueueLimit == 5);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_fresh_activation_takes_its_reservations_from_who_asserts_them(bool crash)
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var leg = TestPool.NewLeg();
        await pool.BindAsync("a", epoch, leg, tokens: 20);
        await EndAsync(crash);
        await WakeAsync();
        await pool.ReachAsync("a", Liveness.LeaseLost, epoch);

        await pool.Instance("a").AssertAsync(new AssertCommand(new SiloId("survivor"), epoch, [new HeldLeg(leg, 20)]));

        await Eventually.TrueAsync(() => pool.View("a")!.Load is { ReservedRequests: 1, ReservedTokens: 20 });
        await pool.ReleaseAsync("a", epoch, leg);
        await pool.ReservedAsync("a", 0);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_drain_that_runs_is_not_over_only_because_the_silo_forgot_who_holds_what(bool crash)
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var (first, second) = (TestPool.NewLeg(), TestPool.NewLeg());
        await pool.BindAsync("a", epoch, first);
        await pool.BindAsync("a", epoch, second);
        await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(10)));
        await EndAsync(crash);

        // Nobody has said yet that the second one still runs.
        await pool.ReleaseAsync("a", epoch, first);
        var told = await pool.HeartbeatAsync("a", 1);
        Assert.Equal((AdminState.Draining, Liveness.Active), (told.Admin, told.Liveness));

        // And nobody ever does: then it is over.
        await pool.ReachAsync("a", Liveness.Removed);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Requests_are_served_again_by_what_came_back(bool crash)
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("p", role: InstanceRole.Prefill);
        await pool.ActivateAsync("d", role: InstanceRole.Decode);
        await EndAsync(crash);
        await WakeAsync();
        await pool.ReachAsync("p", Liveness.LeaseLost);
        await pool.ReachAsync("d", Liveness.LeaseLost);

        var request = pool.Request();
        var step = await request.ServeAsync();

        Assert.Equal((pool.Id("p"), pool.Id("d")), (step.Binding!.Prefill.Instance, step.Binding.Decode.Instance));
        await request.CompleteAsync();
        await pool.IdleAsync();
    }

    private async Task EndAsync(bool crash)
    {
        Assert.SkipUnless(!crash || Host.SupportsCrash, "This host cannot lose its activations without a shutdown.");
        if (crash)
        {
            await Host.CrashAsync();
        }
        else
        {
            await Host.RestartAsync();
        }
    }
}
