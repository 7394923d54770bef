using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Tests.Feeds;

public sealed class FleetSharingTests : IDisposable
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(50);

    private readonly SharedWorld _world = new("east", "west", "north");

    public FleetSharingTests() => _world.Pass(2 * Frame);

    public void Dispose() => _world.Dispose();

    [Fact]
    public void What_an_actor_says_is_seen_elsewhere_with_the_next_frame()
    {
        Publish("east", SharedWorld.View("a", 1, reserved: 2));
        Assert.Null(_world["west"].View("a"));

        _world.Pass(Frame);

        Assert.Equal(2, _world["west"].Reserved("a"));
        Assert.Equal(2, _world["north"].Reserved("a"));
    }

    [Fact]
    public void Of_many_changes_in_one_interval_one_frame_with_the_newest_goes_out()
    {
        for (var i = 1; i <= 100; i++)
        {
            Publish("east", SharedWorld.View("a", i, reserved: i));
        }

        _world.Pass(Frame);

        var frame = Assert.Single(_world.Sent, sent => sent.To == new SiloId("west")).Frame;
        Assert.Equal(100, Assert.Single(frame.Instances).Load.ReservedRequests);
    }

    [Fact]
    public void Where_nothing_is_said_nothing_is_sent()
    {
        _world.Pass(TimeSpan.FromSeconds(3));

        Assert.Empty(_world.Sent);
    }

    [Fact]
    public void A_change_of_load_goes_without_the_registration_and_one_of_the_registration_with_it()
    {
        var registration = World.Registration("a");
        Publish("east", SharedWorld.View("a", 1, registration: registration));
        _world.Pass(Frame);
        Publish("east", SharedWorld.View("a", 2, reserved: 3, registration: registration));
        _world.Pass(Frame);
        Assert.Equal(3, Assert.Single(_world.Sent[^1].Frame.Deltas).Load.ReservedRequests);
        Assert.Empty(_world.Sent[^1].Frame.Instances);
        Assert.Equal(registration, _world["west"].View("a")!.Registration);
        Assert.Equal(3, _world["west"].Reserved("a"));

        var other = World.Registration("a", "two");
        Publish("east", SharedWorld.View("a", 1, epoch: 2, registration: other));
        _world.Pass(Frame);

        Assert.Empty(_world.Sent[^1].Frame.Deltas);
        Assert.Equal(other, _world["west"].View("a")!.Registration);
    }

    [Fact]
    public void A_lost_frame_is_made_good_by_a_snapshot()
    {
        var registration = World.Registration("a");
        Publish("east", SharedWorld.View("a", 1, registration: registration));
        _world.Pass(Frame);
        _world.Delivers = (_, to, _) => to != new SiloId("west");
        Publish("east", SharedWorld.View("b", 1, reserved: 1));
        _world.Pass(Frame);
        _world.Delivers = (_, _, _) => true;
        Assert.Null(_world["west"].View("b"));
        var snapshots = _world.Snapshots;

        // The frame after it tells: its delta does not count on its own.
        Publish("east", SharedWorld.View("a", 2, reserved: 4, registration: registration));
        _world.Pass(3 * Frame);

        Assert.Equal(1, _world["west"].Reserved("b"));
        Assert.Equal(4, _world["west"].Reserved("a"));
        Assert.Equal(1, _world.Snapshots - snapshots);
        Assert.True(_world["west"].Sharing.IsComplete);
    }

    [Fact]
    public void A_lost_frame_that_none_follows_is_found_by_the_renewals()
    {
        _world.Delivers = (_, _, _) => false;
        Publish("east", SharedWorld.View("a", 1, reserved: 1));
        _world.Pass(Frame);
        _world.Delivers = (_, _, _) => true;

        _world.Pass(TimeSpan.FromSeconds(3));

        Assert.Equal(1, _world["west"].Reserved("a"));
        Assert.Equal(1, _world["north"].Reserved("a"));
    }

    [Fact]
    public void A_delta_does_not_stand_on_a_registration_that_was_missed()
    {
        Publish("east", SharedWorld.View("a", 1, registration: World.Registration("a", limit: 4)));
        _world.Pass(Frame);
        _world.Delivers = (_, _, _) => false;
        _world.Renews = (_, _) => false;
        var larger = World.Registration("a", limit: 9);
        Publish("east", SharedWorld.View("a", 2, registration: larger) with { Limit = 9 });
        _world.Pass(Frame);
        _world.Delivers = (_, _, _) => true;
        Publish("east", SharedWorld.View("a", 3, reserved: 2, registration: larger) with { Limit = 9 });
        _world.Pass(Frame);
        Assert.Equal(1, _world["west"].View("a")!.Version.Counter);

        _world.Renews = (_, _) => true;
        _world.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal((9, 2), (_world["west"].View("a")!.Limit, _world["west"].Reserved("a")));
    }

    [Fact]
    public void A_silo_that_comes_learns_what_any_other_knows()
    {
        Publish("east", SharedWorld.View("a", 1, reserved: 1));
        _world["east"].Fleet.Publisher.Publish(new PoolPublication(PoolDefinition.ForModel(World.Pool, "model"), 3));
        _world["west"].Fleet.Publisher.Publish(new PoolStanding(World.Pool, 2, 1, IsFrozen: true, RefusesNew: false));
        _world.Pass(Frame);
        _world.Kill("east");

        var late = _world.Start("south");
        _world.Pass(2 * Frame);

        Assert.Equal(1, late.Reserved("a"));
        Assert.Equal(World.Pool, late.Fleet.View.FindByModel("model")?.Name);
        Assert.True(late.Fleet.View.Find(World.Pool)!.IsFrozen);
    }

    [Fact]
    public void Joining_ends_when_everything_is_known()
    {
        Publish("east", SharedWorld.View("a", 1, reserved: 1));
        var late = _world.Start("south");

        var joined = late.Sharing.JoinAsync(TimeSpan.FromSeconds(5), default);
        Assert.False(joined.IsCompleted);
        _world.Time.Advance(Frame);

        Assert.True(joined.IsCompleted);
        Assert.Equal(1, late.Reserved("a"));
    }

    [Fact]
    public void Joining_waits_no_longer_than_its_bound_for_a_silo_that_does_not_answer()
    {
        _world.Renews = (_, to) => to != new SiloId("east");
        var late = _world.Start("south");

        var joined = late.Sharing.JoinAsync(TimeSpan.FromSeconds(5), default);
        for (var i = 0; i < 98; i++)
        {
            _world.Time.Advance(Frame);
        }

        Assert.False(joined.IsCompleted);
        _world.Time.Advance(4 * Frame);
        Assert.True(joined.IsCompleted);
    }

    [Fact]
    public void A_freeze_of_a_pool_reaches_every_silo_and_an_older_word_does_not_lift_it()
    {
        _world["west"].Fleet.Publisher.Publish(new PoolStanding(World.Pool, 2, 5, IsFrozen: true, RefusesNew: false));
        _world["east"].Fleet.Publisher.Publish(new PoolStanding(World.Pool, 1, 9, IsFrozen: false, RefusesNew: false));
        _world.Pass(2 * Frame);

        Assert.All(new[] { "east", "west", "north" }, silo => Assert.True(_world[silo].Fleet.View.Find(World.Pool)!.IsFrozen));
    }

    [Fact]
    public void The_later_activation_wins_whoever_is_heard_first()
    {
        Publish("east", SharedWorld.View("a", 70, reserved: 4, generation: 1));
        Publish("north", SharedWorld.View("a", 1, reserved: 0, generation: 2));
        _world.Pass(2 * Frame);
        Publish("east", SharedWorld.View("a", 71, reserved: 4, generation: 1));
        _world.Pass(2 * Frame);

        Assert.All(new[] { "east", "west", "north" }, silo => Assert.Equal(0, _world[silo].Reserved("a")));
    }

    [Fact]
    public void Attempts_elsewhere_are_told_of_a_lost_epoch_and_events_come_once()
    {
        var told = new List<EvidenceKind?>();
        _world["west"].Fleet.Reservations.Add(new HeldReservation(
            new AttemptLeg(new AttemptId(new RequestId(1, 2), 1), LegKind.Whole), World.Id("a"), new Epoch(1), 1, told.Add));
        _world["east"].Fleet.Publisher.PublishEpochLost(World.Id("a"), new Epoch(1), EvidenceKind.Dead);
        _world["east"].Fleet.Publisher.Publish(new FleetEvent { Pool = World.Pool, What = "liveness", From = "Active", To = "Removed", Cause = "Dead" });

        _world.Pass(TimeSpan.FromSeconds(2));

        Assert.Equal([EvidenceKind.Dead], told);
        Assert.Single(_world["west"].Fleet.Events.Newest(World.Pool, 10));
    }

    [Fact]
    public void Events_that_came_while_a_snapshot_was_wanted_come_once_too()
    {
        _world.Delivers = (_, _, _) => false;
        Publish("east", SharedWorld.View("a", 1));
        _world.Pass(Frame);
        _world.Delivers = (_, _, _) => true;
        _world.Renews = (_, _) => false;
        _world["east"].Fleet.Publisher.Publish(new FleetEvent { Pool = World.Pool, What = "liveness", From = "Active", To = "Removed", Cause = "Dead" });
        _world.Pass(4 * Frame);
        _world.Renews = (_, _) => true;

        _world.Pass(TimeSpan.FromSeconds(2));

        Assert.Single(_world["west"].Fleet.Events.Newest(World.Pool, 10));
        Assert.True(_world["west"].Sharing.IsComplete);
    }

    [Fact]
    public void A_follower_that_says_nothing_for_long_is_dropped_and_taken_back_with_a_snapshot()
    {
        _world.Renews = (_, _) => false;
        _world.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(0, _world["east"].Fleet.Feed.FollowerCount);
        Publish("east", SharedWorld.View("a", 1, reserved: 3));
        _world.Pass(Frame);
        Assert.Null(_world["west"].View("a"));

        _world.Renews = (_, _) => true;
        Publish("east", SharedWorld.View("a", 2, reserved: 4));
        _world.Pass(TimeSpan.FromSeconds(3));
        Publish("east", SharedWorld.View("a", 3, reserved: 5));
        _world.Pass(TimeSpan.FromSeconds(3));

        Assert.Equal(5, _world["west"].Reserved("a"));
        Assert.Equal(2, _world["east"].Fleet.Feed.FollowerCount);
    }

    [Fact]
    public void A_dead_silo_is_dropped_and_what_it_still_says_is_not_heard()
    {
        _world.Kill("north");
        _world.Pass(Frame);

        Assert.Equal(1, _world["east"].Fleet.Feed.FollowerCount);
        _world["east"].Sharing.OnFrame(new FleetFrame { From = new SiloId("north"), Number = 1, Instances = [SharedWorld.View("z", 1)] });
        Assert.Null(_world["east"].View("z"));
    }

    private void Publish(string silo, Core.Routing.InstanceView view) => _world[silo].Fleet.Publisher.Publish(view);
}
