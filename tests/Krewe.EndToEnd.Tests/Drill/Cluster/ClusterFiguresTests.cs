using Krewe.Bench.Drill.Cluster.Verdict;
using Krewe.Bench.Drill.Record;
using static Krewe.EndToEnd.Tests.Drill.Cluster.ClusterRecording;

namespace Krewe.EndToEnd.Tests.Drill.Cluster;

public sealed class ClusterFiguresTests
{
    [Fact]
    public void What_ran_on_the_silo_that_was_taken_away_is_counted_apart()
    {
        var figures = Of(
            Request("s3", FaultMs - 50, RecordedEnd.Cut), Request("s3", FaultMs + 500, RecordedEnd.Unreachable), Request("s1", FaultMs - 50), Request("s3", 1000));
        Assert.Equal((4, 0, 2), (figures.Requests, figures.Failed, figures.LostWithSilo));
        Assert.Empty(ClusterPromises.SiloLost.Broken(figures, null));
    }

    [Fact]
    public void A_failure_on_a_silo_that_stayed_has_no_excuse()
    {
        var figures = Of(Request("s1", FaultMs - 50, RecordedEnd.Refused), Request("s2", FaultMs + 100, RecordedEnd.Refused, silenceMs: 400));
        Assert.Equal(2, figures.Failed);
        Assert.Equal(600, figures.LastFailureMs);
        Assert.Contains("2 requests failed that did not go with their silo, the last 600 ms after the fault", ClusterPromises.SiloLost.Broken(figures, null));
    }

    [Fact]
    public void Neither_has_one_that_was_over_before_its_silo_was_taken_away() =>
        Assert.Equal(1, Of(Request("s3", 1000, RecordedEnd.Cut)).Failed);

    [Fact]
    public void Neither_has_one_on_a_silo_that_was_asked_to_go()
    {
        var history = History(Request("s3", FaultMs - 50, RecordedEnd.Cut)) with { Silos = [Silo("s1"), Silo("s3") with { LeavesAt = Fault }] };
        Assert.Equal((1, 0), ClusterFigures.Of(history) is var figures ? (figures.Failed, figures.LostWithSilo) : default);
    }

    [Fact]
    public void From_3_s_on_a_failure_counts_whichever_silo_it_met()
    {
        var late = Request("s3", FaultMs + 3000, RecordedEnd.Unreachable);
        var figures = Of([late, .. Enumerable.Range(0, 99).Select(i => Request("s1", FaultMs + 3000 + i))]);
        Assert.Equal((100, 1, 1), (figures.New, figures.NewFailed, figures.Failed));
        Assert.Contains(ClusterPromises.SiloLost.Broken(figures, null), line => line.StartsWith("of 100 new requests 1 failed", StringComparison.Ordinal));
    }

    [Fact]
    public void New_requests_that_hang_have_not_succeeded()
    {
        var figures = Of(Request("s1", FaultMs + 4000, RecordedEnd.Hung));
        Assert.Equal((1, 1), (figures.NewFailed, figures.Hung));
        Assert.Contains("1 requests hung", new ClusterPromises { NewShare = 0 }.Broken(figures, null));
    }

    [Fact]
    public void While_nobody_was_there_requests_may_fail_and_are_counted()
    {
        var history = History(Request("s1", FaultMs + 100, RecordedEnd.Unreachable), Request("s1", FaultMs + 9000, RecordedEnd.Unreachable)) with { OutageUntil = Recording.Ms(FaultMs + 8000) };
        var figures = ClusterFigures.Of(history);
        Assert.Equal((1, 1, 1, 1), (figures.FailedInOutage, figures.Failed, figures.New, figures.NewFailed));
    }

    [Fact]
    public void The_gap_is_that_of_streams_on_silos_that_stayed()
    {
        var figures = Of(Request("s1", FaultMs - 150, silenceMs: 400), Request("s3", FaultMs - 150, silenceMs: 5000), Request("s1", 1000, silenceMs: 3000));
        Assert.Equal(1, figures.Struck);
        Assert.Equal(425, figures.GapMsP99);
    }

    [Fact]
    public void Wrong_tokens_count_wherever_the_request_ran()
    {
        var recording = new Recording(sentMs: FaultMs - 150);
        recording.Record.SentTo("s3", triedBefore: 0);
        recording.Tokens(0, 4).Tokens(6, 8).Ends(RecordedEnd.Cut);
        Assert.Contains("2 tokens lost", ClusterPromises.SiloLost.Broken(Of(recording.Record), null));
    }

    [Fact]
    public void Oddities_of_requests_that_went_with_their_silo_are_excused_and_no_others()
    {
        Assert.Empty(Of(Request("s3", FaultMs - 50, RecordedEnd.Cut)).Oddities);
        Assert.Contains("1 requests with a cut without an error event", ClusterPromises.Whole.Broken(Of(Request("s1", FaultMs - 50, RecordedEnd.Cut)), null));
    }

    [Theory]
    [InlineData(4000.0, true)]
    [InlineData(6000.0, false)]
    [InlineData(null, false)]
    public void Recovery_has_its_time_and_one_that_was_not_seen_is_none(double? recoverMs, bool isKept) =>
        Assert.Equal(isKept, !new ClusterPromises { RecoverMs = 5000 }.Broken(Of(Request("s1", 1000)), recoverMs).Any());

    private static ClusterFigures Of(params RequestRecord[] records) => ClusterFigures.Of(History(records));
}
