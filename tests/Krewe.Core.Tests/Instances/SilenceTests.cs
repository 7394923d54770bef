using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class SilenceTests
{
    [Fact]
    public void Active_whose_probe_goes_unanswered_is_Silent_before_its_lease_ends()
    {
        var life = LifeDriver.Active();
        Assert.Equal(Hearing.Heard, life.State.Hearing);
        life.Pass(1500);
        life.Pass(1000);
        life.Probe(ProbeResult.TimedOut);

        Assert.Equal((Liveness.Active, Hearing.Silent), (life.State.Liveness, life.State.Hearing));
        life.Pass(499);
        Assert.Equal(Liveness.Active, life.State.Liveness);
        life.Pass(1);
        Assert.Equal((Liveness.Suspect, Hearing.Silent), (life.State.Liveness, life.State.Hearing));
    }

    [Fact]
    public void Active_whose_probe_goes_unanswered_late_is_Silent_for_400_ms_before_it_is_Suspect()
    {
        var life = LifeDriver.Active();
        life.Pass(2749);
        life.Probe(ProbeResult.TimedOut);
        life.Pass(399);
        Assert.Equal((Liveness.Active, Hearing.Silent), (life.State.Liveness, life.State.Hearing));
        life.Pass(1);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Fact]
    public void Active_whose_answer_is_an_error_is_Heard_and_Suspect_when_its_lease_ends_frozen_or_not()
    {
        var life = LifeDriver.Active();
        life.IsFrozen = true;
        life.Pass(1500);
        life.Probe(ProbeResult.Unhealthy);
        Assert.Equal(Hearing.Heard, life.State.Hearing);
        life.Pass(1500);
        Assert.Equal((Liveness.Suspect, Hearing.Heard), (life.State.Liveness, life.State.Hearing));
    }

    [Fact]
    public void Silent_in_a_frozen_pool_stays_LeaseLost_until_the_pool_thaws()
    {
        var life = LifeDriver.Active();
        life.IsFrozen = true;
        life.Pass(600_000);

        Assert.Equal((Liveness.LeaseLost, Hearing.Silent, true), (life.State.Liveness, life.State.Hearing, life.State.IsSchedulable));
        Assert.Equal(TransitionCause.PoolFrozen, Assert.Single(life.AllEffects.OfType<InstanceEffect.Transitioned>(), moved => moved.To.Liveness == Liveness.LeaseLost).Cause);
        Assert.DoesNotContain(life.AllEffects, effect => effect is InstanceEffect.EpochLost or InstanceEffect.SilentAttemptsOnly);

        life.IsFrozen = false;
        life.Pass(400);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Theory]
    [InlineData(Liveness.Active)]
    [InlineData(Liveness.LeaseLost)]
    public void Silent_in_a_frozen_pool_is_heard_again_by_a_heartbeat_or_a_good_probe(Liveness becomes)
    {
        var life = LifeDriver.Active();
        life.IsFrozen = true;
        life.Pass(20_000);
        life.Pass(1);
        if (becomes == Liveness.Active)
        {
            life.Heartbeat("a");
        }
        else
        {
            life.Pass(2000, ProbeResult.Ok);
        }

        Assert.Equal((becomes, Hearing.Heard), (life.State.Liveness, life.State.Hearing));
    }

    [Fact]
    public void Silent_in_a_frozen_pool_that_is_refused_is_dead()
    {
        var life = LifeDriver.Active();
        life.IsFrozen = true;
        life.Pass(10_000);
        life.Pass(5_000, ProbeResult.Refused);

        Assert.Equal((Liveness.Removed, Hearing.Gone), (life.State.Liveness, life.State.Hearing));
        Assert.Contains(life.AllEffects, effect => effect is InstanceEffect.EpochLost { Evidence: EvidenceKind.Dead });
    }

    [Fact]
    public void Silent_in_a_frozen_pool_that_is_deleted_goes()
    {
        var life = LifeDriver.Active();
        life.IsFrozen = true;
        life.Pass(10_000);
        life.Delete("a");
        life.Pass(20_000);
        Assert.Equal(Liveness.Removed, life.State.Liveness);
    }

    [Fact]
    public void Suspected_for_silence_just_before_the_pool_froze_comes_back_as_LeaseLost()
    {
        var life = LifeDriver.SuspectSilent();
        life.Pass(700);
        life.IsFrozen = true;

        life.Pass(1000);

        Assert.Equal((Liveness.LeaseLost, Hearing.Silent), (life.State.Liveness, life.State.Hearing));
    }

    [Fact]
    public void Suspected_long_before_the_pool_froze_stays_Suspect_and_is_not_removed_until_it_thaws()
    {
        var life = LifeDriver.SuspectSilent();
        life.Pass(6000);
        life.IsFrozen = true;
        life.Pass(60_000);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);

        life.IsFrozen = false;
        life.Pass(1000);
        Assert.Equal(Liveness.Removed, life.State.Liveness);
    }

    [Fact]
    public void LeaseLost_for_5_min_in_a_frozen_pool_stays_for_its_engine_answers()
    {
        var life = LifeDriver.LeaseLost();
        life.IsFrozen = true;
        life.Pass(900_000, ProbeResult.Ok);

        Assert.Equal((Liveness.LeaseLost, Hearing.Silent, false), (life.State.Liveness, life.State.Hearing, life.State.IsCapped));
        life.Heartbeat("a");
        Assert.Equal((Liveness.Active, Hearing.Heard), (life.State.Liveness, life.State.Hearing));
    }

    [Fact]
    public void Tokens_end_the_silence_of_LeaseLost_but_are_no_lease()
    {
        var life = LifeDriver.LeaseLost();
        life.Probe(ProbeResult.TimedOut);
        Assert.Equal(Hearing.Silent, life.State.Hearing);
        life.Tokens();
        Assert.Equal(Hearing.Heard, life.State.Hearing);

        life = LifeDriver.Active();
        life.Pass(1500);
        life.Probe(ProbeResult.TimedOut);
        life.Tokens();
        life.Pass(1500);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }
}
