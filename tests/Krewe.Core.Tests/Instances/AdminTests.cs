using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class AdminTests
{
    [Fact]
    public void Cordoned_takes_no_work_and_neither_heartbeat_nor_registration_undoes_it()
    {
        var life = LifeDriver.Active();

        Assert.Equal(InstanceVerdict.Accepted, life.Apply(new InstanceEvent.CordonReceived()));
        life.Heartbeat("a");
        life.Register("a");

        Assert.Equal((AdminState.Cordoned, Liveness.Active, false), (life.State.Admin, life.State.Liveness, life.State.IsSchedulable));
        Assert.Equal(BindRefusal.NotSchedulable, InstanceLifecycle.CanBind(life.State, new Epoch(1), false));
        Assert.Equal(InstanceVerdict.Accepted, life.Apply(new InstanceEvent.UncordonReceived()));
        Assert.True(life.State.IsSchedulable);
    }

    [Fact]
    public void Cordoned_survives_removal_for_the_same_incarnation_and_a_new_one_starts_Open()
    {
        var life = LifeDriver.Active();
        life.Apply(new InstanceEvent.CordonReceived());
        life.Pass(60_000);
        life.Register("a");
        Assert.Equal(AdminState.Cordoned, life.State.Admin);
        life.Sleep(1000);

        life.Register("b");

        Assert.Equal(AdminState.Open, life.State.Admin);
    }

    [Fact]
    public void One_that_was_displaced_and_returns_finds_itself_cordoned_as_before()
    {
        var life = LifeDriver.Active();
        life.Apply(new InstanceEvent.CordonReceived());
        life.Sleep(1000);
        life.Register("b");
        life.Sleep(1000);

        life.Register("a");

        Assert.Equal(AdminState.Cordoned, life.State.Admin);
    }

    [Fact]
    public void Draining_ends_when_the_last_reservation_goes()
    {
        var life = LifeDriver.Active();

        Assert.Equal(InstanceVerdict.Accepted, life.Drain(30_000));
        Assert.Equal((AdminState.Draining, false), (life.State.Admin, life.State.IsSchedulable));
        life.Heartbeat("a");
        Assert.Equal(AdminState.Draining, life.State.Admin);
        life.Apply(new InstanceEvent.ReservationsEmptied(new Epoch(1)));

        Assert.Equal((AdminState.Drained, Liveness.Removed), (life.State.Admin, life.State.Liveness));
        Assert.Equal(TransitionCause.DrainedEmpty, life.Single<InstanceEffect.Transitioned>().Cause);
    }

    [Fact]
    public void Draining_an_empty_instance_ends_at_once()
    {
        var life = LifeDriver.Active();

        life.Drain(30_000, isEmpty: true);

        Assert.Equal((AdminState.Drained, Liveness.Removed), (life.State.Admin, life.State.Liveness));
    }

    [Fact]
    public void Draining_ends_at_its_deadline_and_the_rest_fails_over()
    {
        var life = LifeDriver.Active();
        life.Drain(2000);
        life.Pass(1999);
        Assert.Equal(AdminState.Draining, life.State.Admin);

        life.Pass(1);

        Assert.Equal((AdminState.Drained, Liveness.Removed), (life.State.Admin, life.State.Liveness));
        var lost = life.Single<InstanceEffect.EpochLost>();
        Assert.Equal((new Epoch(1), null, true), (lost.Epoch, lost.Evidence, lost.RebindAll));
    }

    [Fact]
    public void Drained_is_told_and_comes_back_by_nothing()
    {
        var life = LifeDriver.Active();
        life.Drain(2000, isEmpty: true);
        var before = life.State;

        Assert.Equal(InstanceVerdict.Drained, life.Heartbeat("a"));
        Assert.Equal(InstanceVerdict.Drained, life.Register("a"));
        Assert.Equal(InstanceVerdict.Drained, life.Register("a", 9009));
        Assert.Equal(InstanceVerdict.Drained, life.Delete("a"));
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Apply(new InstanceEvent.UncordonReceived()));
        Assert.Equal(InstanceVerdict.Ignored, life.Drain(1));
        Assert.Same(before, life.State);
    }

    [Fact]
    public void Drained_is_told_also_while_its_successor_joins()
    {
        var life = LifeDriver.Active();
        life.Drain(2000, isEmpty: true);

        Assert.Equal(InstanceVerdict.Accepted, life.Register("b"));

        Assert.Equal(AdminState.Open, life.State.Admin);
        Assert.Equal(InstanceVerdict.Drained, life.Heartbeat("a"));
        Assert.Equal(InstanceVerdict.Drained, life.Register("a"));
        life.Heartbeat("b");
        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Heartbeat("a"));
    }

    [Fact]
    public void Draining_is_one_way()
    {
        var life = LifeDriver.Active();
        life.Drain(2000);

        Assert.Equal(InstanceVerdict.Ignored, life.Apply(new InstanceEvent.UncordonReceived()));
        Assert.Equal(InstanceVerdict.Ignored, life.Apply(new InstanceEvent.CordonReceived()));
        Assert.Equal(InstanceVerdict.Ignored, life.Drain(5000));
        Assert.Equal(AdminState.Draining, life.State.Admin);
        Assert.Equal(InstanceVerdict.Accepted, life.Drain(1000));
        life.Pass(1000);
        Assert.Equal(AdminState.Drained, life.State.Admin);
    }

    [Fact]
    public void Draining_again_when_empty_ends_it_though_the_deadline_is_later()
    {
        var life = LifeDriver.Active();
        life.Drain(2000);

        Assert.Equal(InstanceVerdict.Accepted, life.Drain(9000, isEmpty: true));

        Assert.Equal(AdminState.Drained, life.State.Admin);
    }

    [Fact]
    public void Draining_and_then_lost_is_Drained_so_that_it_does_not_come_back()
    {
        var life = LifeDriver.Active();
        life.Drain(3_000_000);

        life.Pass(60_000);

        Assert.Equal((AdminState.Drained, Liveness.Removed), (life.State.Admin, life.State.Liveness));
    }

    [Fact]
    public void Emptied_reservations_of_an_older_epoch_or_without_a_drain_change_nothing()
    {
        var life = LifeDriver.Active();
        Assert.Equal(InstanceVerdict.Ignored, life.Apply(new InstanceEvent.ReservationsEmptied(new Epoch(1))));
        life.Sleep(1000);
        life.Register("b");
        life.Heartbeat("b");
        life.Drain(5000);
        var before = life.State;

        Assert.Equal(InstanceVerdict.Ignored, life.Apply(new InstanceEvent.ReservationsEmptied(new Epoch(1))));

        Assert.Same(before, life.State);
    }

    [Fact]
    public void An_absurd_deadline_is_cut()
    {
        var life = LifeDriver.Active();
        life.Apply(new InstanceEvent.DrainReceived(TimeSpan.MaxValue, false));

        Assert.Equal(life.Now + TimeSpan.FromHours(1), life.State.DrainUntil);

        life.Apply(new InstanceEvent.DrainReceived(TimeSpan.MinValue, false));
        life.Pass(0);
        Assert.Equal(AdminState.Drained, life.State.Admin);
    }

    [Fact]
    public void Nobody_there_is_told_apart()
    {
        var life = new LifeDriver();

        Assert.Equal(InstanceVerdict.UnknownInstance, life.Apply(new InstanceEvent.CordonReceived()));
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Apply(new InstanceEvent.UncordonReceived()));
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Drain(1));
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Heartbeat("a"));
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Delete("a"));
        Assert.Equal(BindRefusal.NotSchedulable, InstanceLifecycle.CanBind(life.State, Epoch.None, false));
    }

    [Fact]
    public void Binding_by_an_older_epoch_is_refused()
    {
        var life = LifeDriver.Active();

        Assert.Equal(BindRefusal.None, InstanceLifecycle.CanBind(life.State, new Epoch(1), false));
        Assert.Equal(BindRefusal.EpochMoved, InstanceLifecycle.CanBind(life.State, Epoch.None, false));
        Assert.Equal(BindRefusal.EpochMoved, InstanceLifecycle.CanBind(life.State, new Epoch(2), false));
    }
}
