using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class DeleteTests
{
    [Theory]
    [InlineData(ProbeResult.Ok, Liveness.LeaseLost)]
    [InlineData(ProbeResult.TimedOut, Liveness.Suspect)]
    [InlineData(ProbeResult.Unhealthy, Liveness.Suspect)]
    [InlineData(ProbeResult.Refused, Liveness.Suspect)]
    public void Delete_probes_2_times_1_s_100_ms_apart_and_the_result_decides(ProbeResult result, Liveness then)
    {
        var life = LifeDriver.Active();

        Assert.Equal(InstanceVerdict.Accepted, life.Delete("a"));
        var probe = life.Single<InstanceEffect.StartProbe>();
        Assert.Equal((2, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100)), (probe.Tries, probe.Timeout, probe.Pause));
        Assert.Equal(Liveness.Active, life.State.Liveness);

        life.Probe(result);
        Assert.Equal(then, life.State.Liveness);
    }

    [Fact]
    public void A_delete_probe_that_never_reports_counts_as_failed()
    {
        var life = LifeDriver.Active();
        life.Delete("a");

        life.Pass(2350);

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
    }

    [Fact]
    public void A_delete_gives_one_that_was_found_silent_no_more_time_than_its_lease()
    {
        var life = LifeDriver.Active();
        life.Pass(1600);
        life.Probe(ProbeResult.TimedOut);
        life.Pass(1000);

        life.Delete("a");
        life.Pass(500);

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
        life.Probe(ProbeResult.Ok);
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void Heartbeats_do_not_undo_a_delete()
    {
        var life = LifeDriver.Active();
        life.Delete("a");
        Assert.Equal(InstanceVerdict.Accepted, life.Heartbeat("a"));
        life.Probe(ProbeResult.Ok);

        Assert.Equal(InstanceVerdict.Accepted, life.Heartbeat("a"));

        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void A_deleted_one_in_LeaseLost_turns_Suspect_by_its_probe_though_its_silence_is_short()
    {
        var life = LifeDriver.LeaseLost();
        life.Heartbeat("a");
        life.Delete("a");
        life.Probe(ProbeResult.TimedOut);

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
        life.Heartbeat("a");
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void A_deleted_one_that_was_still_joining_is_decided_by_the_probe_too()
    {
        var life = new LifeDriver();
        life.Register("a");
        life.Delete("a");

        life.Probe(ProbeResult.TimedOut);

        Assert.Equal(Liveness.Suspect, life.State.Liveness);
        Assert.False(life.Has<InstanceEffect.SilentAttemptsOnly>());
        life.Register("a");
        Assert.Equal(Liveness.Joining, life.State.Liveness);
    }
}
