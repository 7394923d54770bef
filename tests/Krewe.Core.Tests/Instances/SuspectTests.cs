using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class SuspectTests
{
    [Fact]
    public void Suspect_and_a_heartbeat_is_Active()
    {
        var life = LifeDriver.SuspectSilent();

        Assert.Equal(InstanceVerdict.Renewed, life.Heartbeat("a"));

        Assert.Equal((Liveness.Active, null), (life.State.Liveness, life.State.SuspectEvidence));
    }

    [Fact]
    public void Suspect_without_a_lease_and_a_good_probe_is_LeaseLost()
    {
        var life = LifeDriver.SuspectSilent();
        life.Pass(500);

        life.Probe(ProbeResult.Ok);

        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void Suspect_with_a_lease_and_a_good_probe_is_Active()
    {
        var life = LifeDriver.SuspectDead();
        life.Pass(500);

        life.Probe(ProbeResult.Ok);

        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void Dead_and_a_heartbeat_that_saw_the_engine_before_that_rescues_nothing()
    {
        var life = LifeDriver.SuspectDead();
        life.Sleep(300);

        Assert.Equal(InstanceVerdict.Ignored, life.Heartbeat("a", engineSeenMs: 301));
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
        Assert.False(life.Has<InstanceEffect.StartProbe>());
    }

    [Fact]
    public void Dead_and_a_heartbeat_that_looks_newer_has_the_address_asked_which_alone_takes_the_refusal_back()
    {
        var life = LifeDriver.SuspectDead();
        life.Sleep(300);

        Assert.Equal(InstanceVerdict.Accepted, life.Heartbeat("a", engineSeenMs: 299));
        Assert.Equal((Liveness.Suspect, false), (life.State.Liveness, life.State.IsSchedulable));
        Assert.True(life.Has<InstanceEffect.StartProbe>());
        Assert.Equal(InstanceVerdict.Accepted, life.Heartbeat("a"));
        Assert.False(life.Has<InstanceEffect.StartProbe>());

        life.Probe(ProbeResult.Ok);
        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void Dead_and_a_heartbeat_that_was_long_on_its_way_does_not_keep_it_from_being_removed()
    {
        var life = LifeDriver.SuspectDead();
        life.Sleep(300);
        life.Heartbeat("a");

        life.Probe(ProbeResult.Refused);

        Assert.Equal(Liveness.Removed, life.State.Liveness);
    }

    [Fact]
    public void Dead_deleted_and_a_heartbeat_is_not_schedulable_before_its_address_has_answered()
    {
        var life = LifeDriver.SuspectDead();
        life.Delete("a");
        life.Sleep(200);

        life.Heartbeat("a");
        Assert.False(life.State.IsSchedulable);

        life.Probe(ProbeResult.Ok);
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void Dead_evidence_twice_within_1_s_removes()
    {
        var life = LifeDriver.SuspectDead();

        life.Pass(999, ProbeResult.Refused);

        Assert.Equal(Liveness.Removed, life.State.Liveness);
        var lost = Assert.Single(life.Effects.OfType<InstanceEffect.EpochLost>());
        Assert.Equal((new Epoch(1), EvidenceKind.Dead), (lost.Epoch, lost.Evidence!.Value));
        Assert.Equal(TransitionCause.DeadTwice, life.Single<InstanceEffect.Transitioned>().Cause);
    }

    [Fact]
    public void Dead_evidence_more_than_1_s_apart_does_not_remove()
    {
        var life = LifeDriver.SuspectDead();
        life.Sleep(1001);
        life.Apply(InstanceEvent.Tick.Instance);
        life.Probe(ProbeResult.Refused);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Fact]
    public void Dead_evidence_twice_with_a_newer_token_between_does_not_remove()
    {
        var life = LifeDriver.SuspectDead();
        life.Pass(500);
        life.Tokens();

        life.Probe(ProbeResult.Refused);

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Fact]
    public void Silent_Suspect_that_is_refused_lets_every_attempt_go()
    {
        var life = LifeDriver.SuspectSilent();
        life.Pass(500);

        life.Probe(ProbeResult.Refused);

        Assert.Equal(EvidenceKind.Dead, life.State.SuspectEvidence);
        Assert.Equal(new Epoch(1), life.Single<InstanceEffect.EpochLost>().Epoch);
    }

    [Fact]
    public void Suspect_is_removed_when_its_window_is_over_even_if_tokens_flow()
    {
        var life = LifeDriver.SuspectSilent();
        for (var i = 0; i < 15; i++)
        {
            Assert.Equal(Liveness.Suspect, life.State.Liveness);
            life.Tokens();
            life.Pass(1000);
        }

        Assert.Equal(Liveness.Removed, life.State.Liveness);
        var lost = Assert.Single(life.AllEffects.OfType<InstanceEffect.EpochLost>());
        Assert.Equal((new Epoch(1), EvidenceKind.Silent), (lost.Epoch, lost.Evidence!.Value));
        Assert.Null(InstanceLifecycle.NextWake(life.State, life.Options));
    }
}
