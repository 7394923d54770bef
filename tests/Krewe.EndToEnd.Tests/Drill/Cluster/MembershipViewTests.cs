using Krewe.Bench.Drill.Cluster.Verdict;
using static Krewe.EndToEnd.Tests.Drill.Cluster.ClusterRecording;

namespace Krewe.EndToEnd.Tests.Drill.Cluster;

public sealed class MembershipViewTests
{
    private static readonly Sighting[] AllBefore = [Says("s1", 9000, "s1", "s2", "s3"), Says("s2", 9000, "s1", "s2", "s3"), Says("s3", 9000, "s1", "s2", "s3")];

    [Fact]
    public void A_lost_silo_is_found_when_the_last_of_the_others_has_noticed() =>
        Assert.Equal(2500, MembershipView.DetectMs(With(
            Says("s1", 11_000, "s1", "s2", "s3"), Says("s1", 11_500, "s1", "s2"), Says("s2", 12_400, "s1", "s2", "s3"), Says("s2", 12_500, "s1", "s2"))));

    [Fact]
    public void Who_takes_it_for_active_again_has_not_found_it() =>
        Assert.Equal(3000, MembershipView.DetectMs(With(
            Says("s1", 11_000, "s1", "s2"), Says("s1", 12_000, "s1", "s2", "s3"), Says("s1", 13_000, "s1", "s2"), Says("s2", 11_000, "s1", "s2"))));

    [Fact]
    public void Where_one_of_the_others_never_notices_it_is_not_found() =>
        Assert.Null(MembershipView.DetectMs(With(Says("s1", 11_000, "s1", "s2"), Says("s2", 15_000, "s1", "s2", "s3"))));

    [Fact]
    public void A_silo_that_was_only_asked_to_go_is_not_to_be_found() =>
        Assert.Null(MembershipView.DetectMs(With(Says("s1", 11_000, "s1", "s2")) with { Silos = [Silo("s1"), Silo("s3") with { LeavesAt = Fault }] }));

    [Fact]
    public void A_healthy_silo_that_another_takes_for_gone_is_evicted()
    {
        var history = With(Says("s1", 11_000, "s1"), Says("s2", 11_000, "s1", "s2"));
        Assert.Equal(["s2 by s1"], MembershipView.Evicted(history));
        Assert.Contains("healthy silos were taken for gone: s2 by s1", ClusterPromises.SiloLost.Broken(ClusterFigures.Of(history), null));
    }

    [Fact]
    public void It_is_evicted_for_a_moment_too() =>
        Assert.Equal(["s2 by s1"], MembershipView.Evicted(With(Says("s1", 9100, "s1", "s3"), Says("s1", 9200, "s1", "s2", "s3"))));

    [Fact]
    public void A_silo_that_was_hurt_or_asked_to_go_is_rightly_gone_and_what_it_says_itself_counts_no_more() =>
        Assert.Empty(MembershipView.Evicted(With(Says("s1", 11_000, "s1", "s2"), Says("s2", 11_000, "s1", "s2"), Says("s3", 11_000, "s3"))));

    [Fact]
    public void Nobody_has_to_know_a_silo_the_moment_that_it_is_ready()
    {
        var history = With(Says("s1", 12_000, "s1", "s2"), Says("s1", 12_300, "s1", "s2", "s4")) with { Silos = [Silo("s1"), Silo("s2"), Silo("s4", readyMs: 11_900)] };
        Assert.Empty(MembershipView.Evicted(history));
        Assert.Equal(["s4 by s1"], MembershipView.Evicted(history with { Sightings = [.. history.Sightings, Says("s1", 13_000, "s1", "s2")] }));
    }

    private static ClusterHistory With(params Sighting[] sightings) => History() with { Sightings = [.. AllBefore, .. sightings] };
}
