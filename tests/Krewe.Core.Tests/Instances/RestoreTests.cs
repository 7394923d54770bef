using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Instances;

public sealed class RestoreTests
{
    private static readonly Monotonic Later = new(17);

    [Fact]
    public void Active_comes_back_as_LeaseLost_is_probed_at_once_and_Active_by_a_heartbeat()
    {
        var restored = Restore(LifeDriver.Active().State);

        Assert.Equal(Liveness.LeaseLost, restored.State.Liveness);
        Assert.True(restored.State.IsSchedulable);
        Assert.Single(restored.Effects.OfType<InstanceEffect.StartProbe>());
        Assert.Equal(new Epoch(1), Assert.Single(restored.Effects.OfType<InstanceEffect.LedgerMoved>()).Epoch);
        var next = InstanceLifecycle.Apply(
            restored.State, new InstanceEvent.HeartbeatReceived(new IncarnationId("a"), 3, TimeSpan.Zero, default), Later, LeaseOptions.Default);
        Assert.Equal((Liveness.Active, InstanceVerdict.Renewed), (next.State.Liveness, next.Verdict));
    }

    [Fact]
    public void Active_that_is_gone_is_Suspect_3_s_after_it_came_back()
    {
        var state = Restore(LifeDriver.Active().State).State;

        foreach (var at in new[] { 750, 3000 })
        {
            Assert.Equal(Liveness.LeaseLost, state.Liveness);
            state = InstanceLifecycle.Apply(state, InstanceEvent.Tick.Instance, Later + TimeSpan.FromMilliseconds(at), LeaseOptions.Default).State;
        }

        Assert.Equal(Liveness.Suspect, state.Liveness);
    }

    [Fact]
    public void Deleted_stays_deleted()
    {
        var life = LifeDriver.Active();
        life.Delete("a");
        life.Probe(ProbeResult.Ok);

        var state = Restore(life.State).State;
        state = InstanceLifecycle.Apply(
            state, new InstanceEvent.HeartbeatReceived(new IncarnationId("a"), 3, TimeSpan.Zero, default), Later, LeaseOptions.Default).State;

        Assert.Equal(Liveness.LeaseLost, state.Liveness);
    }

    [Fact]
    public void Joining_stays_Joining_and_is_probed_and_an_unfinished_takeover_stays_provisional()
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        life.Register("b");

        var restored = Restore(life.State);

        Assert.Equal(Liveness.Joining, restored.State.Liveness);
        Assert.Equal(new Epoch(1), Assert.Single(restored.Effects.OfType<InstanceEffect.LedgerMoved>()).Epoch);
        var probe = Assert.Single(restored.Effects.OfType<InstanceEffect.StartProbe>());
        var next = InstanceLifecycle.Apply(
            restored.State, new InstanceEvent.ProbeFinished(new Epoch(2), new IncarnationId("b"), probe.ProbeNumber, ProbeResult.Ok), Later, LeaseOptions.Default);
        Assert.Equal(new Epoch(1), Assert.Single(next.Effects.OfType<InstanceEffect.EpochLost>()).Epoch);
        Assert.Equal([new IncarnationId("a")], next.State.Superseded);
    }

    [Fact]
    public void A_probe_of_an_earlier_activation_says_nothing_of_another_epoch_though_its_number_is_the_same()
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        life.Register("b");
        var state = Restore(life.State).State;
        Assert.Equal(1, state.Probe!.Number);

        foreach (var (epoch, incarnation) in new[] { (1, "a"), (2, "a"), (1, "b") })
        {
            var result = InstanceLifecycle.Apply(
                state, new InstanceEvent.ProbeFinished(new Epoch(epoch), new IncarnationId(incarnation), 1, ProbeResult.Ok), Later, LeaseOptions.Default);
            Assert.Same(state, result.State);
        }
    }

    [Fact]
    public void Suspect_stays_Suspect_with_a_new_window_and_a_probe()
    {
        var restored = Restore(LifeDriver.SuspectDead().State);

        Assert.Equal(Liveness.Suspect, restored.State.Liveness);
        Assert.Single(restored.Effects.OfType<InstanceEffect.StartProbe>());
        var end = InstanceLifecycle.Apply(restored.State, InstanceEvent.Tick.Instance, Later + TimeSpan.FromSeconds(15), LeaseOptions.Default);
        Assert.Equal(Liveness.Removed, end.State.Liveness);
    }

    [Fact]
    public void Removed_keeps_its_epoch_and_whom_it_superseded()
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        life.Register("b");
        life.Heartbeat("b");
        life.Pass(60_000);

        var state = Restore(life.State).State;

        Assert.Equal((Liveness.Removed, new Epoch(2)), (state.Liveness, state.Epoch));
        Assert.Equal(InstanceVerdict.StaleIncarnation, Register(state, "a").Verdict);
        Assert.Equal(new Epoch(3), Register(state, "c").State.Epoch);
    }

    [Fact]
    public void Another_incarnation_cannot_take_the_name_in_the_first_second()
    {
        Assert.Equal(InstanceVerdict.NameInUse, Register(Restore(LifeDriver.Active().State).State, "b").Verdict);
    }

    [Fact]
    public void Draining_goes_on_with_its_deadline_counted_anew()
    {
        var life = LifeDriver.Active();
        life.Drain(5000);

        var state = Restore(life.State).State;

        Assert.Equal(AdminState.Draining, state.Admin);
        state = InstanceLifecycle.Apply(state, InstanceEvent.Tick.Instance, Later + TimeSpan.FromSeconds(5), LeaseOptions.Default).State;
        Assert.Equal(AdminState.Drained, state.Admin);
    }

    [Fact]
    public void A_record_of_little_content_is_taken_as_it_is()
    {
        var restored = InstanceLifecycle.Restore(
            LifeDriver.Id,
            new InstanceRecord { Epoch = new Epoch(4), Liveness = Liveness.Active, Admin = AdminState.Open, Displaced = default, Superseded = default },
            Later,
            LeaseOptions.Default);

        Assert.Equal(Liveness.Removed, restored.State.Liveness);
        Assert.Equal(new Epoch(5), Register(restored.State, "a").State.Epoch);
    }

    [Fact]
    public void What_was_restored_is_stored_as_it_was_but_for_Active()
    {
        foreach (var life in new[] { LifeDriver.LeaseLost(), LifeDriver.SuspectDead(), new LifeDriver() })
        {
            var restored = Restore(life.State);

            Assert.Equal(life.State.ToRecord(), restored.State.ToRecord());
            Assert.DoesNotContain(restored.Effects, effect => effect is InstanceEffect.Persist);
        }
    }

    private static InstanceTransition Restore(InstanceState state) =>
        InstanceLifecycle.Restore(LifeDriver.Id, state.ToRecord(), Later, LeaseOptions.Default);

    private static InstanceTransition Register(InstanceState state, string incarnation) =>
        InstanceLifecycle.Apply(state, new InstanceEvent.RegisterReceived(LifeDriver.Registration(incarnation)), Later, LeaseOptions.Default);
}
