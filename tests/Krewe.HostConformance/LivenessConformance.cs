using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Reservations;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>What happens by itself: nobody calls the actors here, their timers must run.</summary>
public abstract class LivenessConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task A_lease_that_runs_out_is_lost_where_the_engine_still_answers()
    {
        var pool = await PoolAsync(Brief);
        var epoch = await pool.ActivateAsync("a");

        var lost = await pool.ReachAsync("a", Liveness.LeaseLost, epoch);

        Assert.True(lost.Schedulable);
        Assert.Equal(1, lost.Tier);
        Assert.Equal(BindOutcome.Bound, (await pool.BindAsync("a", epoch, TestPool.NewLeg())).Outcome);
    }

    [Fact]
    public async Task A_heartbeat_brings_a_lost_lease_back()
    {
        var pool = await PoolAsync(Brief);
        var epoch = await pool.ActivateAsync("a");
        await pool.ReachAsync("a", Liveness.LeaseLost, epoch);

        Assert.Equal(InstanceVerdict.Renewed, (await pool.HeartbeatAsync("a", 1)).Verdict);

        await SawAsync(pool, "LeaseLost", "Active");
        Assert.Equal(epoch, pool.View("a")!.Epoch);
    }

    [Fact]
    public async Task A_silent_engine_is_suspected_and_then_removed_without_any_call()
    {
        var pool = await PoolAsync(Brief);
        await pool.ActivateAsync("a");
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);

        await pool.ReachAsync("a", Liveness.Removed);

        await SawAsync(pool, "Active", "Suspect");
        await SawAsync(pool, "Suspect", "Removed");
    }

    [Fact]
    public async Task An_engine_that_falls_silent_after_its_lease_was_lost_is_removed_too()
    {
        var pool = await PoolAsync(Brief);
        await pool.ActivateAsync("a");
        await pool.ReachAsync("a", Liveness.LeaseLost);
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);

        await pool.ReachAsync("a", Liveness.Removed);

        await SawAsync(pool, "LeaseLost", "Suspect");
    }

    [Fact]
    public async Task A_suspect_is_probed_and_comes_back_when_it_answers()
    {
        var pool = await PoolAsync(pool => Brief(pool) with { SuspectWindow = TimeSpan.FromMinutes(5) });
        var epoch = await pool.ActivateAsync("a");
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);
        await pool.ReachAsync("a", Liveness.Suspect);

        Host.Probe.Set(pool.Url("a"), ProbeResult.Ok);

        Assert.Equal(epoch, (await pool.ReachAsync("a", Liveness.LeaseLost)).Epoch);
    }

    [Fact]
    public async Task A_suspect_comes_back_with_a_heartbeat()
    {
        var pool = await PoolAsync(pool => Brief(pool) with { SuspectWindow = TimeSpan.FromMinutes(5) });
        await pool.ActivateAsync("a");
        Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);
        await pool.ReachAsync("a", Liveness.Suspect);

        Assert.Equal(Liveness.Active, (await pool.HeartbeatAsync("a", 1)).Liveness);

        await SawAsync(pool, "Suspect", "Active");
    }

    [Fact]
    public async Task A_removed_instance_registers_again_in_the_next_epoch()
    {
        var pool = await PoolAsync(Brief);
        var epoch = await pool.ActivateAsync("a");
        Host.Probe.Set(pool.Url("a"), ProbeResult.Refused);
        await pool.ReachAsync("a", Liveness.Removed);
        Assert.Equal(InstanceVerdict.UnknownInstance, (await pool.HeartbeatAsync("a", 1)).Verdict);

        Host.Probe.Set(pool.Url("a"), ProbeResult.Ok);

        Assert.Equal(epoch.Next(), await pool.ActivateAsync("a"));
    }

    [Fact]
    public async Task A_removal_tells_the_attempts_of_its_epoch_and_no_others()
    {
        var pool = await PoolAsync(Brief);
        var epoch = await pool.ActivateAsync("a");
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var spared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (old, newer, other) = (TestPool.NewLeg(), TestPool.NewLeg(), TestPool.NewLeg());
        Host.Services.Reservations.Add(new HeldReservation(old, pool.Id("a"), epoch, 1, _ => told.TrySetResult()));
        Host.Services.Reservations.Add(new HeldReservation(newer, pool.Id("a"), epoch.Next(), 1, _ => spared.TrySetResult()));
        Host.Services.Reservations.Add(new HeldReservation(other, pool.Id("b"), epoch, 1, _ => spared.TrySetResult()));
        try
        {
            Host.Probe.Set(pool.Url("a"), ProbeResult.TimedOut);

            await told.Task.WaitAsync(Eventually.DefaultDeadline);
            await pool.ReachAsync("a", Liveness.Removed);
            Assert.False(spared.Task.IsCompleted);
        }
        finally
        {
            Host.Services.Reservations.Remove(old);
            Host.Services.Reservations.Remove(newer);
            Host.Services.Reservations.Remove(other);
        }
    }

    [Fact]
    public async Task When_attempts_are_told_of_a_lost_epoch_the_view_already_knows()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a");
        var leg = TestPool.NewLeg();
        var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Host.Services.Reservations.Add(new HeldReservation(leg, pool.Id("a"), epoch, 1, _ => seen.TrySetResult(pool.View("a")!.Schedulable)));
        try
        {
            Host.Probe.Set(pool.Url("a"), ProbeResult.Refused);
            await pool.Instance("a").ObserveAsync(new Observation(ObservationKind.ConnectionFailed, epoch));

            Assert.False(await seen.Task.WaitAsync(Eventually.DefaultDeadline), "It would be routed to the dead instance again.");
        }
        finally
        {
            Host.Services.Reservations.Remove(leg);
        }
    }

    private Task SawAsync(TestPool pool, string from, string to) => Eventually.TrueAsync(
        () => Host.Services.Events.Newest(pool.Name, 1000).Any(entry => entry.What == "liveness" && entry.From == from && entry.To == to),
        what: $"the journal to tell of {from} -> {to}");
}
