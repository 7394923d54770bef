using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>Registrations, heartbeats, and what is told to those who may not.</summary>
public abstract class RegistrationConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task A_new_instance_joins_and_a_good_probe_makes_it_active()
    {
        var pool = await PoolAsync();
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);

        var reply = await pool.RegisterAsync("a");

        Assert.Equal((InstanceVerdict.Accepted, new Epoch(1), Liveness.Joining), (reply.Verdict, reply.Epoch, reply.Liveness));
        Assert.Equal(pool.Definition.LeaseTtl, reply.Lease);
        Assert.InRange(reply.HeartbeatInterval, TimeSpan.FromTicks(1), pool.Definition.LeaseTtl / 3);
        Assert.False(reply.IsProvisional);
        var joining = await pool.ReachAsync("a", Liveness.Joining);
        Assert.False(joining.Schedulable);
        Host.Probe.Set(pool.Url("a"), ProbeResult.Ok);
        var active = await pool.ReachAsync("a", Liveness.Active);
        Assert.True(active.Schedulable);
        Assert.Equal(new Epoch(1), active.Epoch);
    }

    [Fact]
    public async Task A_registration_is_answered_Joining_however_quick_the_probe_is()
    {
        var pool = await PoolAsync();

        Assert.Equal(Liveness.Joining, (await pool.RegisterAsync("a")).Liveness);
        await pool.ReachAsync("a", Liveness.Active);
    }

    [Fact]
    public async Task A_heartbeat_confirms_a_joining_instance_too()
    {
        var pool = await PoolAsync();
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);
        await pool.RegisterAsync("a");

        var reply = await pool.HeartbeatAsync("a", 1);

        Assert.Equal(new HeartbeatReply(InstanceVerdict.Renewed, Liveness.Active, AdminState.Open, new Epoch(1)), reply);
        await pool.ReachAsync("a", Liveness.Active);
    }

    [Fact]
    public async Task The_same_life_renews_in_its_epoch()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");

        var again = await pool.RegisterAsync("a");

        Assert.Equal((InstanceVerdict.Renewed, epoch), (again.Verdict, again.Epoch));
    }

    [Fact]
    public async Task The_same_incarnation_in_another_role_is_a_new_epoch()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");

        var moved = await pool.RegisterAsync("a", role: InstanceRole.Decode);

        Assert.Equal((InstanceVerdict.Accepted, epoch.Next()), (moved.Verdict, moved.Epoch));
        Assert.Equal(InstanceRole.Decode, (await pool.ReachAsync("a", Liveness.Active, moved.Epoch)).Registration.Role);
    }

    [Fact]
    public async Task Another_incarnation_waits_while_the_first_was_just_heard_and_then_takes_the_name()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", "one");

        Assert.Equal(InstanceVerdict.NameInUse, (await pool.RegisterAsync("a", "two")).Verdict);
        Assert.Equal(epoch, pool.View("a")!.Epoch);

        var taken = await pool.TakeOverAsync("a", "two");
        Assert.Equal((InstanceVerdict.Accepted, epoch.Next()), (taken.Verdict, taken.Epoch));
        await pool.ReachAsync("a", Liveness.Active, taken.Epoch);

        Assert.Equal(InstanceVerdict.StaleIncarnation, (await pool.RegisterAsync("a", "one")).Verdict);
        Assert.Equal(InstanceVerdict.StaleIncarnation, (await pool.HeartbeatAsync("a", 99, "one")).Verdict);
        Assert.Equal(InstanceVerdict.StaleIncarnation, await pool.Instance("a").DeleteAsync(new IncarnationId("one")));
        Assert.Equal(new IncarnationId("two"), pool.View("a")!.Registration.Incarnation);
    }

    [Fact]
    public async Task Who_was_displaced_can_register_back_until_the_newcomer_is_confirmed()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", "one");
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);
        var taken = await pool.TakeOverAsync("a", "two");

        var back = await pool.TakeOverAsync("a", "one");

        Assert.Equal((InstanceVerdict.Accepted, taken.Epoch.Next()), (back.Verdict, back.Epoch));
        Assert.True(back.Epoch > epoch);
    }

    [Fact]
    public async Task Whoever_is_not_registered_is_told_so()
    {
        var pool = await PoolAsync();

        Assert.Equal(InstanceVerdict.UnknownInstance, (await pool.HeartbeatAsync("nobody", 1)).Verdict);
        Assert.Equal(InstanceVerdict.UnknownInstance, await pool.Instance("nobody").DeleteAsync(new IncarnationId("one")));
        Assert.Equal(InstanceVerdict.UnknownInstance, await pool.Instance("nobody").AdministerAsync(new AdminCommand(AdminAction.Cordon)));
        await pool.ActivateAsync("a");
        Assert.Equal(InstanceVerdict.UnknownInstance, (await pool.HeartbeatAsync("a", 1, "somebody-else")).Verdict);
    }

    [Fact]
    public async Task An_old_heartbeat_changes_nothing_and_a_new_registration_starts_the_numbering_anew()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        var load = new ReportedLoad(3, 1, 0.5, 100, 20, 5);

        Assert.Equal(InstanceVerdict.Renewed, (await pool.HeartbeatAsync("a", 7, load: load)).Verdict);
        Assert.Equal(InstanceVerdict.Ignored, (await pool.HeartbeatAsync("a", 7)).Verdict);
        Assert.Equal(InstanceVerdict.Ignored, (await pool.HeartbeatAsync("a", 6)).Verdict);
        await Eventually.TrueAsync(() => pool.View("a")!.Load is { Reported: var reported, ExternalRequests: 4 } && reported == load);

        await pool.RegisterAsync("a");
        Assert.Equal(InstanceVerdict.Renewed, (await pool.HeartbeatAsync("a", 1)).Verdict);
    }

    [Fact]
    public async Task A_heartbeat_whose_engine_was_not_seen_lately_renews_nothing()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");

        Assert.Equal(InstanceVerdict.Ignored, (await pool.HeartbeatAsync("a", 1, engineSeen: TimeSpan.FromMinutes(1))).Verdict);
    }

    [Fact]
    public async Task A_deleted_instance_that_answers_its_probe_only_loses_its_lease_and_a_registration_undoes_it()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");

        Assert.Equal(InstanceVerdict.Accepted, await pool.Instance("a").DeleteAsync(new IncarnationId("one")));

        Assert.True((await pool.ReachAsync("a", Liveness.LeaseLost)).Schedulable);
        Assert.Equal(InstanceVerdict.Accepted, (await pool.HeartbeatAsync("a", 1)).Verdict);
        Assert.Equal(Liveness.LeaseLost, pool.View("a")!.Liveness);
        Assert.Equal(InstanceVerdict.Renewed, (await pool.RegisterAsync("a")).Verdict);
        await pool.ReachAsync("a", Liveness.Active, epoch);
    }

    [Fact]
    public async Task A_deleted_instance_that_does_not_answer_is_suspect()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);

        await pool.Instance("a").DeleteAsync(new IncarnationId("one"));

        Assert.False((await pool.ReachAsync("a", Liveness.Suspect)).Schedulable);
    }

    [Fact]
    public async Task What_operators_set_stays_through_heartbeats_and_renewals()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");

        Assert.Equal(InstanceVerdict.Accepted, await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Cordon)));
        Assert.Equal(AdminState.Cordoned, (await pool.HeartbeatAsync("a", 1)).Admin);
        await pool.RegisterAsync("a");
        await Eventually.TrueAsync(() => pool.View("a") is { Admin: AdminState.Cordoned, Schedulable: false, Liveness: Liveness.Active });

        Assert.Equal(InstanceVerdict.Accepted, await pool.Instance("a").AdministerAsync(new AdminCommand(AdminAction.Uncordon)));
        await Eventually.TrueAsync(() => pool.View("a") is { Admin: AdminState.Open, Schedulable: true });
    }

    [Fact]
    public async Task Transitions_are_in_the_journal_newest_first()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");

        await Eventually.TrueAsync(() => Host.Services.Events.Newest(pool.Name, 100).Any(entry => entry is { What: "liveness", From: "Joining", To: "Active", Cause: "ProbeOk" }));
        var entries = Host.Services.Events.Newest(pool.Name, 100);
        Assert.Equal(entries.OrderByDescending(entry => entry.Sequence), entries);
        Assert.Contains(entries, entry => entry is { What: "liveness", From: "Removed", To: "Joining", Cause: "Registered" } && entry.Instance == new InstanceName("a") && entry.Epoch == new Epoch(1));
    }
}
