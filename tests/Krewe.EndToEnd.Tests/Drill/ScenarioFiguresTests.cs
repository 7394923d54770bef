using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.EndToEnd.Tests.Drill;

public sealed class ScenarioFiguresTests
{
    private static readonly Strike OnM1 = new("m1", DrillLayout.Mixed, 1, "a1", IsPrefill: false, Recording.Ms(1000));

    [Fact]
    public void Detection_is_the_last_new_binding_on_the_life_that_was_hit()
    {
        var figures = Figures(
            (new Recording(sentMs: 900).Tokens(0, 8).Done(), Bound("m1", 1, 10)),
            (new Recording(sentMs: 1100).Tokens(0, 8).Done(), Bound("m1", 1, 250)),
            (new Recording(sentMs: 1500).Tokens(0, 8).Done(), Bound("m2", 1, 10)),
            (new Recording(sentMs: 1600).Tokens(0, 8).Done(), Bound("m1", 2, 10)));
        Assert.Equal(350, figures.DetectMs);
        Assert.Contains("detectMs 350, promised 300", new Promises { DetectMs = 300 }.Broken(figures));
        Assert.Empty(new Promises { DetectMs = 350 }.Broken(figures));
    }

    [Fact]
    public void Bindings_after_the_fault_is_over_are_not_late() =>
        Assert.Equal(0, Figures(
            OnM1 with { HealedAt = Recording.Ms(1200) }, null, (new Recording(sentMs: 1300).Tokens(0, 8).Done(), Bound("m1", 1, 5))).DetectMs);

    [Fact]
    public void The_gap_is_the_longest_silence_of_streams_that_ran_on_the_victim()
    {
        var figures = Figures(
            (new Recording(tokens: 16, sentMs: 900).Tokens(0, 4).Silence(400).Tokens(4, 16, "m2", "b1", "2").Done(), Bound("m1", 1, 5)),
            (new Recording(tokens: 16, sentMs: 901).Tokens(0, 4, "m2", "b1").Silence(5000).Tokens(4, 16, "m2", "b1").Done(), Bound("m2", 1, 5)));
        Assert.Equal(1, figures.Struck);
        Assert.Equal(425, figures.GapMsP99);
        Assert.Contains("gapMsP99 425, promised 400", new Promises { GapMs = 400 }.Broken(figures));
    }

    [Fact]
    public void What_was_moved_recovers_when_it_flows_again()
    {
        var figures = Figures((
            new Recording(tokens: 16, sentMs: 900).Tokens(0, 4).Silence(400).Tokens(4, 16, "m2", "b1", "2").Done(),
            [Attempt("m1", 1, 5) with { Cause = "stream_broken", EndedMs = 110 }, Attempt("m2", 1, 120) with { Cause = "completed", EndedMs = 900 }]));
        Assert.Equal(425, figures.RecoverMs);
        Assert.Equal(1, figures.Moved);
        Assert.Contains("1 attempts ended that were to go on", new Promises { NothingMoves = true }.Broken(figures));
    }

    [Fact]
    public void What_does_not_stream_is_served_again_when_it_is_bound_anew()
    {
        var whole = new RequestRecord(new Recording(tokens: 240).Record.Plan with { Streams = false }, Recording.Ms(900));
        whole.Answered(200, "kr-whole");
        whole.Ended(RecordedEnd.Completed, Recording.Ms(7000));
        var history = History(OnM1, null) with
        {
            Records = [whole],
            Stories = new Dictionary<string, RequestStory>
            {
                ["kr-whole"] = new()
                {
                    Id = "kr-whole",
                    State = "Completed",
                    Attempts = [Attempt("m1", 1, 5) with { Cause = "connection_reset", EndedMs = 110 }, Attempt("m2", 1, 150) with { Cause = "completed", EndedMs = 6100 }],
                },
            },
        };
        Assert.Equal(50, ScenarioFigures.Of(history).RecoverMs);
    }

    [Fact]
    public void A_request_is_held_from_the_fault_or_its_later_binding_to_the_end_of_the_attempt()
    {
        var early = Attempt("m1", 1, 5) with { Cause = "epoch_lost", EndedMs = 600 };
        var late = Attempt("m1", 1, 300) with { Cause = "idle_timeout", EndedMs = 500 };
        Assert.Equal(500, Figures((new Recording(sentMs: 900).Silence(900).Tokens(0, 8).Done(), [early])).HeldMs);
        var figures = Figures((new Recording(sentMs: 1500).Silence(900).Tokens(0, 8).Done(), [late]));
        Assert.Equal(200, figures.HeldMs);
        Assert.Contains("heldMs 200, promised 100", new Promises { HeldMs = 100 }.Broken(figures));
    }

    [Fact]
    public void A_stream_without_a_token_until_the_fault_was_over_was_held_until_then()
    {
        var strike = OnM1 with { HealedAt = Recording.Ms(9000) };
        var figures = Figures(strike, null, (new Recording(sentMs: 1500).Silence(8000).Tokens(0, 8).Done(), Bound("m1", 1, 100)));
        Assert.Equal(7400, figures.HeldMs);
        Assert.Null(Figures(strike, null, (new Recording(sentMs: 1500).Tokens(0, 8).Done(), Bound("m1", 1, 100))).HeldMs);
    }

    [Fact]
    public void Failed_and_hung_requests_break_every_scenario()
    {
        var figures = Figures(
            (new Recording(sentMs: 900).Tokens(0, 4).Ends(RecordedEnd.Hung), Bound("m1", 1, 5)),
            (new Recording(sentMs: 901).Tokens(0, 4).Ends(RecordedEnd.Unreachable), Bound("m1", 1, 5)));
        Assert.Equal(["1 requests failed", "1 requests hung", "1 requests with no answer at all"], Promises.Whole.Broken(figures));
    }

    [Fact]
    public void An_outage_excuses_failures_of_its_time_only()
    {
        var before = (new Recording(sentMs: 900).Ends(RecordedEnd.Unreachable), Bound("m1", 1, 5));
        var during = (new Recording(sentMs: 1100).Ends(RecordedEnd.Unreachable), Bound("m1", 1, 5));
        var after = (new Recording(sentMs: 1900).Ends(RecordedEnd.Unreachable), Bound("m1", 1, 5));
        Assert.Equal((3, 2), Figures(OnM1, Recording.Ms(1500), before, during, after) is var figures ? (figures.Failed, figures.FailedWithoutExcuse) : default);
    }

    [Fact]
    public void An_instance_is_back_when_it_is_active_after_its_first_accepted_registration()
    {
        var at = DateTimeOffset.UnixEpoch;
        var history = History(OnM1, null) with
        {
            Events = [Event(at, 1, "Removed"), Event(at.AddMilliseconds(100), 2, "Joining"), Event(at.AddMilliseconds(2400), 2, "Active")],
        };
        var figures = ScenarioFigures.Of(history);
        Assert.Equal(2300, figures.SchedulableMs);
        Assert.Contains("schedulableMs 2300, promised 2000", new Promises { SchedulableMs = 2000 }.Broken(figures));
        Assert.Contains("schedulableMs unknown, promised 2000", new Promises { SchedulableMs = 2000 }.Broken(Figures()));
    }

    [Fact]
    public void Others_are_those_that_an_instance_turned_slow_does_not_serve()
    {
        var strike = OnM1 with { At = Recording.Ms(15_000) };
        var figures = Figures(
            strike,
            null,
            (new Recording(sentMs: 0).Tokens(0, 8).Done(), Bound("m2", 1, 5)),
            (new Recording(sentMs: 7900).Silence(9000).Tokens(0, 8).Done(), Bound("m2", 1, 5)),
            (new Recording(sentMs: 9000).Tokens(0, 8).Done(), Bound("m2", 1, 5)),
            (new Recording(sentMs: 25_000).Silence(25).Tokens(0, 8).Done(), Bound("m2", 1, 5)),
            (new Recording(sentMs: 25_001).Silence(2000).Tokens(0, 8).Done(), Bound("m1", 1, 5)));
        Assert.Equal(2, figures.OthersTtftRatio);
        Assert.Contains("othersTtftRatio 2, promised 1.2", new Promises { OthersTtftRatio = 1.2 }.Broken(figures));
    }

    private static ScenarioFigures Figures(params (Recording Recording, IReadOnlyList<RequestStory.AttemptStory> Attempts)[] requests) => Figures(OnM1, null, requests);

    private static ScenarioFigures Figures(
        Strike strike, TimeSpan? outage, params (Recording Recording, IReadOnlyList<RequestStory.AttemptStory> Attempts)[] requests) =>
        ScenarioFigures.Of(History(strike, outage, requests));

    private static DrillHistory History(
        Strike strike, TimeSpan? outage, params (Recording Recording, IReadOnlyList<RequestStory.AttemptStory> Attempts)[] requests) => new()
        {
            Records = [.. requests.Select(one => one.Recording.Record)],
            Stories = requests.ToDictionary(
                one => one.Recording.Record.Id!, one => new RequestStory { Id = one.Recording.Record.Id!, State = "Completed", Attempts = one.Attempts }),
            Events = [],
            Strikes = [strike],
            OutageUntil = outage,
        };

    private static IReadOnlyList<RequestStory.AttemptStory> Bound(string instance, long epoch, double boundMs) =>
        [Attempt(instance, epoch, boundMs) with { Cause = "completed" }];

    private static RequestStory.AttemptStory Attempt(string instance, long epoch, double boundMs) => new()
    {
        Number = 1,
        Prefill = new(instance, epoch, null),
        Decode = new(instance, epoch, null),
        TokensSent = 0,
        BoundMs = boundMs,
    };

    private static FleetEventState Event(DateTimeOffset at, long epoch, string to) => new()
    {
        Sequence = 1, At = at, Pool = DrillLayout.Mixed, Instance = "m1", Epoch = epoch, What = "liveness", From = "-", To = to, Cause = "Registered",
    };
}
