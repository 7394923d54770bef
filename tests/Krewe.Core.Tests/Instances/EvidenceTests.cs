using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class EvidenceTests
{
    [Fact]
    public void A_heartbeat_renews_the_lease_from_the_moment_the_engine_was_seen()
    {
        var life = LifeDriver.Active();
        life.Sleep(1200);

        Assert.Equal(InstanceVerdict.Renewed, life.Heartbeat("a", engineSeenMs: 200));

        Assert.Equal(life.Now + TimeSpan.FromMilliseconds(2800), life.State.LeaseUntil);
    }

    [Fact]
    public void A_heartbeat_never_shortens_a_lease()
    {
        var life = LifeDriver.Active();
        var until = life.State.LeaseUntil;

        life.Heartbeat("a", engineSeenMs: 1500);

        Assert.Equal(until, life.State.LeaseUntil);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public void An_old_number_renews_nothing(long sequence)
    {
        var life = LifeDriver.Active();
        life.Heartbeat("a", 5);
        life.Sleep(1000);
        var before = life.State;

        Assert.Equal(InstanceVerdict.Ignored, life.Heartbeat("a", sequence));

        Assert.Same(before, life.State);
    }

    [Fact]
    public void A_heartbeat_of_an_engine_not_seen_for_2_s_renews_nothing()
    {
        var life = LifeDriver.Active();
        var until = life.State.LeaseUntil;
        life.Sleep(1000);

        Assert.Equal(InstanceVerdict.Ignored, life.Heartbeat("a", engineSeenMs: 2000));
        Assert.Equal(until, life.State.LeaseUntil);
        Assert.Equal(InstanceVerdict.Renewed, life.Heartbeat("a", engineSeenMs: 1999));
    }

    [Fact]
    public void Heartbeats_of_a_stopped_engine_do_not_keep_it_schedulable_beyond_4_s()
    {
        var life = LifeDriver.Active();
        for (var passed = 0; passed < 4000; passed += 500)
        {
            life.Pass(500);
            life.Heartbeat("a", engineSeenMs: passed + 500);
        }

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Fact]
    public void Half_the_lease_gone_starts_a_probe_of_2_tries_500_ms_each()
    {
        var life = LifeDriver.Active();
        life.Probe(ProbeResult.Ok);
        life.Pass(1499);
        Assert.Null(life.State.Probe);

        life.Pass(1);

        var probe = life.Single<InstanceEffect.StartProbe>();
        Assert.Equal((2, TimeSpan.FromMilliseconds(500), TimeSpan.Zero), (probe.Tries, probe.Timeout, probe.Pause));
        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void Lease_over_after_a_good_probe_is_LeaseLost_and_is_probed_on()
    {
        var life = LifeDriver.Active();
        life.Pass(1500);
        life.Probe(ProbeResult.Ok);
        life.Pass(1499);
        Assert.Equal(Liveness.Active, life.State.Liveness);

        life.Pass(1);

        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
        Assert.True(life.State.IsSchedulable);
        Assert.Equal(1, life.State.Tier);
        Assert.True(life.Has<InstanceEffect.StartProbe>());
    }

    [Theory]
    [InlineData(ProbeResult.TimedOut)]
    [InlineData(ProbeResult.Unhealthy)]
    public void Lease_over_after_a_bad_probe_is_Suspect_on_silent_evidence(ProbeResult result)
    {
        var life = LifeDriver.Active();
        life.Pass(1500);
        life.Probe(result);
        Assert.Equal(Liveness.Active, life.State.Liveness);

        life.Pass(1500);

        Assert.Equal((Liveness.Suspect, EvidenceKind.Silent), (life.State.Liveness, life.State.SuspectEvidence));
        Assert.False(life.State.IsSchedulable);
        Assert.Equal(new Epoch(1), life.Single<InstanceEffect.SilentAttemptsOnly>().Epoch);
        Assert.False(life.Has<InstanceEffect.EpochLost>());
    }

    [Fact]
    public void Lease_over_with_no_result_in_hand_is_Suspect()
    {
        var life = LifeDriver.Active();

        // The probe is overdue at 2,750 ms, and its pool must hear of that first.
        life.Pass(3149);
        Assert.Equal(Liveness.Active, life.State.Liveness);
        life.Pass(1);

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Fact]
    public void A_late_tick_probes_before_it_judges()
    {
        var life = LifeDriver.Active();
        life.Probe(ProbeResult.Ok);
        life.Sleep(10_000);

        life.Apply(InstanceEvent.Tick.Instance);
        Assert.Equal(Liveness.Active, life.State.Liveness);
        life.Probe(ProbeResult.Ok);

        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void A_heartbeat_between_the_bad_probe_and_the_leases_end_keeps_it_Active()
    {
        var life = LifeDriver.Active();
        life.Pass(1500);
        life.Probe(ProbeResult.TimedOut);
        life.Pass(1000);

        life.Heartbeat("a");
        life.Pass(1400);

        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void A_failed_connection_probes_at_once_and_refused_is_Suspect_on_dead_evidence()
    {
        var life = LifeDriver.Active();

        Assert.Equal(InstanceVerdict.Accepted, life.Apply(new InstanceEvent.ConnectionFailed(new Epoch(1))));
        Assert.True(life.Has<InstanceEffect.StartProbe>());
        Assert.True(life.State.IsSchedulable);
        life.Probe(ProbeResult.Refused);

        Assert.Equal((Liveness.Suspect, EvidenceKind.Dead), (life.State.Liveness, life.State.SuspectEvidence));
        var lost = life.Single<InstanceEffect.EpochLost>();
        Assert.Equal((new Epoch(1), EvidenceKind.Dead, true), (lost.Epoch, lost.Evidence!.Value, lost.RebindAll));
    }

    [Fact]
    public void Many_failed_connections_start_one_probe()
    {
        var life = LifeDriver.Active();
        life.AllEffects.Clear();

        for (var i = 0; i < 100; i++)
        {
            life.Apply(new InstanceEvent.ConnectionFailed(new Epoch(1)));
        }

        Assert.Single(life.AllEffects);
    }

    [Fact]
    public void A_failed_connection_replaces_a_routine_probe_whose_answer_may_be_older()
    {
        var life = LifeDriver.Active();
        life.Pass(1500);
        var routine = life.State.Probe!.Number;

        life.Apply(new InstanceEvent.ConnectionFailed(new Epoch(1)));
        var before = life.State;
        life.Apply(new InstanceEvent.ProbeFinished(new Epoch(1), new IncarnationId("a"), routine, ProbeResult.Ok));

        Assert.Same(before, life.State);
        Assert.Equal(InstanceVerdict.Ignored, life.Verdict);
    }

    [Fact]
    public void A_failed_connection_with_a_good_probe_after_it_changes_no_state()
    {
        var life = LifeDriver.Active();
        life.Apply(new InstanceEvent.ConnectionFailed(new Epoch(1)));

        life.Probe(ProbeResult.Ok);

        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void LeaseLost_and_a_heartbeat_is_Active()
    {
        var life = LifeDriver.LeaseLost();

        Assert.Equal(InstanceVerdict.Renewed, life.Heartbeat("a"));

        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Theory]
    [InlineData("heartbeat")]
    [InlineData("probe")]
    [InlineData("tokens")]
    public void LeaseLost_lives_on_evidence_and_turns_Suspect_3_s_after_the_last(string how)
    {
        var life = LifeDriver.LeaseLost();
        life.Delete("a");
        life.Probe(ProbeResult.Ok);
        for (var i = 0; i < 10; i++)
        {
            life.Pass(2000, how == "probe" ? ProbeResult.Ok : null);
            if (how == "heartbeat")
            {
                life.Heartbeat("a");
            }
            else if (how == "tokens")
            {
                life.Tokens();
            }

            Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
        }

        life.Pass(2999);
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
        life.Pass(1);
        Assert.Equal((Liveness.Suspect, EvidenceKind.Silent), (life.State.Liveness, life.State.SuspectEvidence));
    }

    [Fact]
    public void LeaseLost_is_probed_each_second()
    {
        var life = LifeDriver.LeaseLost();
        life.Probe(ProbeResult.Ok);
        life.AllEffects.Clear();

        life.Pass(10_000, ProbeResult.Ok);

        Assert.Equal(10, life.AllEffects.OfType<InstanceEffect.StartProbe>().Count());
    }

    [Fact]
    public void LeaseLost_for_5_min_is_Suspect_and_only_a_registration_rescues_it()
    {
        var life = LifeDriver.LeaseLost();
        life.Pass(299_999, ProbeResult.Ok);
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
        life.Pass(1);
        Assert.Equal((Liveness.LeaseLost, Hearing.Silent), (life.State.Liveness, life.State.Hearing));
        life.Pass(400, ProbeResult.Ok);
        Assert.Equal((Liveness.Suspect, true), (life.State.Liveness, life.State.IsCapped));

        life.Heartbeat("a");
        life.Pass(500);
        life.Probe(ProbeResult.Ok);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);

        Assert.Equal(InstanceVerdict.Renewed, life.Register("a"));
        Assert.Equal((Liveness.Active, false), (life.State.Liveness, life.State.IsCapped));
        life.Pass(2500);
        life.Heartbeat("a");
        Assert.Equal(Liveness.Active, life.State.Liveness);
    }

    [Fact]
    public void The_5_min_go_on_through_turns_as_Suspect()
    {
        var life = LifeDriver.LeaseLost();
        for (var passed = 0; passed < 290_000; passed += 6000)
        {
            life.Pass(4000);
            Assert.Equal(Liveness.Suspect, life.State.Liveness);
            life.Pass(2000, ProbeResult.Ok);
            Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
        }

        life.Pass(12_000, ProbeResult.Ok);

        Assert.True(life.State.IsCapped);
    }
}
