using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class RegistrationTests
{
    [Fact]
    public void First_registration_joins_with_epoch_1_probes_and_is_stored()
    {
        var life = new LifeDriver();

        Assert.Equal(InstanceVerdict.Accepted, life.Register("a"));

        Assert.Equal(Liveness.Joining, life.State.Liveness);
        Assert.Equal(new Epoch(1), life.State.Epoch);
        Assert.False(life.State.IsSchedulable);
        var probe = life.Single<InstanceEffect.StartProbe>();
        Assert.Equal((new Epoch(1), new IncarnationId("a"), 1), (probe.Epoch, probe.Incarnation, probe.Tries));
        Assert.IsType<InstanceEffect.Persist>(life.Effects[^1]);
        var moved = life.Single<InstanceEffect.Transitioned>();
        Assert.Equal((Liveness.Removed, Liveness.Joining, TransitionCause.Registered), (moved.From.Liveness, moved.To.Liveness, moved.Cause));
    }

    [Fact]
    public void Joining_and_a_good_probe_is_Active_and_the_ledger_starts()
    {
        var life = new LifeDriver();
        life.Register("a");

        life.Probe(ProbeResult.Ok);

        Assert.Equal(Liveness.Active, life.State.Liveness);
        Assert.True(life.State.IsSchedulable);
        Assert.Equal(0, life.State.Tier);
        Assert.Equal(new Epoch(1), life.Single<InstanceEffect.LedgerMoved>().Epoch);
        Assert.False(life.Has<InstanceEffect.EpochLost>());
    }

    [Fact]
    public void Joining_and_a_heartbeat_is_Active()
    {
        var life = new LifeDriver();
        life.Register("a");

        Assert.Equal(InstanceVerdict.Renewed, life.Heartbeat("a"));

        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Theory]
    [InlineData(ProbeResult.Refused)]
    [InlineData(ProbeResult.TimedOut)]
    [InlineData(ProbeResult.Unhealthy)]
    public void Joining_with_bad_probes_probes_on_and_is_removed_after_60_s(ProbeResult result)
    {
        var life = new LifeDriver();
        life.Register("a");
        life.Probe(result);
        Assert.Equal(Liveness.Joining, life.State.Liveness);

        life.Pass(59_999, result);

        Assert.Equal(Liveness.Joining, life.State.Liveness);
        Assert.InRange(life.AllEffects.OfType<InstanceEffect.StartProbe>().Count(), 100, 125);
        life.Pass(1);
        Assert.Equal(Liveness.Removed, life.State.Liveness);
        Assert.Equal(TransitionCause.JoinTimedOut, life.Single<InstanceEffect.Transitioned>().Cause);
    }

    [Fact]
    public void Registering_again_does_not_prolong_the_time_to_join()
    {
        var life = new LifeDriver();
        life.Register("a");
        life.Pass(30_000);
        Assert.Equal(InstanceVerdict.Renewed, life.Register("a"));

        life.Pass(30_000);

        Assert.Equal(Liveness.Removed, life.State.Liveness);
    }

    [Fact]
    public void Same_incarnation_renews_the_lease_and_keeps_the_epoch()
    {
        var life = LifeDriver.Active();
        life.Pass(1000);

        Assert.Equal(InstanceVerdict.Renewed, life.Register("a"));

        Assert.Equal(new Epoch(1), life.State.Epoch);
        Assert.Equal(life.Now + TimeSpan.FromSeconds(3), life.State.LeaseUntil);
        Assert.Empty(life.Effects);
    }

    [Fact]
    public void Same_incarnation_with_another_capacity_is_stored()
    {
        var life = LifeDriver.Active();

        life.Apply(new InstanceEvent.RegisterReceived(LifeDriver.Registration("a") with { Capacity = new InstanceCapacity(7, 0, 0) }));

        Assert.Equal(InstanceVerdict.Renewed, life.Verdict);
        Assert.Equal(7, life.State.Registration!.Capacity.MaxConcurrency);
        Assert.IsType<InstanceEffect.Persist>(Assert.Single(life.Effects));
    }

    [Fact]
    public void Registering_again_undoes_a_delete()
    {
        var life = LifeDriver.Active();
        life.Delete("a");
        life.Probe(ProbeResult.Ok);
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);

        life.Register("a");

        Assert.Equal(Liveness.Active, life.State.Liveness);
        Assert.False(life.State.IsDeleted);
    }

    [Fact]
    public void Registering_again_while_the_delete_probe_runs_leaves_its_failure_without_effect()
    {
        var life = LifeDriver.Active();
        life.Delete("a");
        life.Register("a");

        life.Probe(ProbeResult.TimedOut);

        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void Heartbeat_numbering_starts_anew_with_each_registration()
    {
        var life = LifeDriver.Active();
        life.Heartbeat("a", 100);
        Assert.Equal(InstanceVerdict.Ignored, life.Heartbeat("a", 1));

        life.Register("a");

        Assert.Equal(InstanceVerdict.Renewed, life.Heartbeat("a", 1));
    }

    [Theory]
    [InlineData(9002, InstanceRole.Prefill)]
    [InlineData(9001, InstanceRole.Decode)]
    public void Same_incarnation_at_another_address_or_role_is_a_new_epoch(int port, InstanceRole role)
    {
        var life = LifeDriver.Active();

        Assert.Equal(InstanceVerdict.Accepted, life.Register("a", port, role));

        Assert.Equal((new Epoch(2), Liveness.Joining), (life.State.Epoch, life.State.Liveness));
        life.Heartbeat("a", 1);
        Assert.Equal(new Epoch(1), life.Single<InstanceEffect.EpochLost>().Epoch);
        Assert.Equal(new Epoch(2), life.Single<InstanceEffect.LedgerMoved>().Epoch);
        Assert.Empty(life.State.Superseded);
    }

    [Theory]
    [InlineData("heartbeat")]
    [InlineData("probe")]
    [InlineData("tokens")]
    [InlineData("registration")]
    public void Another_incarnation_is_refused_while_the_incumbent_was_heard_less_than_1_s_ago(string how)
    {
        var life = LifeDriver.Active();
        life.Pass(1600);
        switch (how)
        {
            case "heartbeat":
                life.Heartbeat("a");
                break;
            case "probe":
                life.Probe(ProbeResult.Ok);
                break;
            case "tokens":
                life.Tokens();
                break;
            default:
                life.Register("a");
                break;
        }

        life.Sleep(999);
        var before = life.State;
        Assert.Equal(InstanceVerdict.NameInUse, life.Register("b", 9002));
        Assert.Same(before, life.State);
        Assert.Empty(life.Effects);

        life.Sleep(1);
        Assert.Equal(InstanceVerdict.Accepted, life.Register("b", 9002));
        Assert.Equal((new Epoch(2), Liveness.Joining), (life.State.Epoch, life.State.Liveness));
    }

    [Theory]
    [InlineData("probe", true)]
    [InlineData("heartbeat", false)]
    [InlineData("tokens", false)]
    public void At_the_incumbents_own_address_a_probe_does_not_guard_its_name(string sign, bool isTaken)
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        switch (sign)
        {
            case "heartbeat":
                life.Heartbeat("a");
                break;
            case "tokens":
                life.Tokens();
                break;
            default:
                life.Probe(ProbeResult.Ok);
                break;
        }

        Assert.Equal(InstanceVerdict.NameInUse, life.Register("b", 9002));
        Assert.Equal(isTaken ? InstanceVerdict.Accepted : InstanceVerdict.NameInUse, life.Register("b"));
    }

    [Fact]
    public void A_takeover_is_provisional_the_old_epoch_keeps_its_attempts_and_its_owner_can_come_back()
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        life.Register("b", 9002);
        Assert.False(life.Has<InstanceEffect.EpochLost>());
        Assert.Equal(new Epoch(1), life.State.HeldEpoch);
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Heartbeat("a"));

        life.Sleep(1000);
        Assert.Equal(InstanceVerdict.Accepted, life.Register("a"));

        Assert.Equal(new Epoch(3), life.State.Epoch);
        life.Heartbeat("a");
        Assert.Equal(Liveness.Active, life.State.Liveness);
        Assert.Equal([new IncarnationId("b")], life.State.Superseded);
        Assert.Equal(new Epoch(1), life.Single<InstanceEffect.EpochLost>().Epoch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_confirmed_takeover_supersedes_the_old_incarnation_for_good(bool byHeartbeat)
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        life.Register("b", 9002);
        if (byHeartbeat)
        {
            life.Heartbeat("b");
        }
        else
        {
            life.Probe(ProbeResult.Ok);
        }

        var lost = life.Single<InstanceEffect.EpochLost>();
        Assert.Equal((new Epoch(1), true), (lost.Epoch, lost.RebindAll));
        Assert.Equal(new Epoch(2), life.Single<InstanceEffect.LedgerMoved>().Epoch);
        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Register("a"));
        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Heartbeat("a"));
        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Delete("a"));
        life.Pass(3_600_000);
        Assert.Equal(Liveness.Removed, life.State.Liveness);
        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Register("a"));
    }

    [Fact]
    public void One_that_was_removed_is_superseded_by_its_confirmed_successor()
    {
        var life = LifeDriver.Active();
        life.Pass(60_000);
        Assert.Equal(Liveness.Removed, life.State.Liveness);

        life.Register("b");
        Assert.Equal(InstanceVerdict.NameInUse, life.Register("a"));
        life.Heartbeat("b");

        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Register("a"));
    }

    [Fact]
    public void A_newcomer_that_never_showed_itself_is_removed_with_the_old_epochs_attempts_and_the_old_one_can_return()
    {
        var life = LifeDriver.Active();
        life.Sleep(1000);
        life.Register("b", 9002);

        life.Pass(60_000);

        Assert.Equal(Liveness.Removed, life.State.Liveness);
        Assert.Equal(new Epoch(1), life.Single<InstanceEffect.EpochLost>().Epoch);
        Assert.Equal(InstanceVerdict.Accepted, life.Register("a"));
        Assert.Equal(new Epoch(3), life.State.Epoch);
    }

    [Fact]
    public void A_removed_incarnation_may_register_again_with_a_higher_epoch()
    {
        var life = LifeDriver.Active();
        life.Pass(60_000);
        Assert.Equal(InstanceVerdict.UnknownInstance, life.Heartbeat("a"));

        Assert.Equal(InstanceVerdict.Accepted, life.Register("a"));

        Assert.Equal((new Epoch(2), Liveness.Joining), (life.State.Epoch, life.State.Liveness));
    }

    [Fact]
    public void What_is_remembered_of_others_is_bounded()
    {
        var life = new LifeDriver();
        for (var i = 0; i < 200; i++)
        {
            life.Sleep(1000);
            Assert.Equal(InstanceVerdict.Accepted, life.Register($"confirmed{i}"));
            life.Heartbeat($"confirmed{i}");
        }

        Assert.Equal(InstanceState.MaxSuperseded, life.State.Superseded.Length);
        for (var i = 0; i < 200; i++)
        {
            life.Sleep(1000);
            Assert.Equal(InstanceVerdict.Accepted, life.Register($"silent{i}"));
        }

        Assert.Equal(InstanceState.MaxDisplaced, life.State.Displaced.Length);
        Assert.Equal(InstanceState.MaxSuperseded, life.State.Superseded.Length);
        Assert.Equal(InstanceVerdict.StaleIncarnation, life.Register("silent190"));
        Assert.Equal(InstanceVerdict.NameInUse, life.Register("silent191"));
    }
}
