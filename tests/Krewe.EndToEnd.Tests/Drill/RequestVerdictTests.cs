using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Verdict;
using Krewe.EngineSim.Tokens;

namespace Krewe.EndToEnd.Tests.Drill;

/// <summary>A drill that cannot fail proves nothing: each kind of damage to a stream is seen.</summary>
public sealed class RequestVerdictTests
{
    [Fact]
    public void A_whole_stream_is_good() => Assert.True(new Recording().Tokens(0, 8).Done().Verdict.IsGood);

    [Fact]
    public void A_stream_that_goes_on_elsewhere_where_it_stopped_is_good() =>
        Assert.True(new Recording().Tokens(0, 3).Tokens(3, 8, "m2", "b1", "2").Done().Verdict.IsGood);

    [Fact]
    public void Every_token_that_is_missing_is_lost() => Assert.All(Enumerable.Range(0, 8), gone =>
    {
        var verdict = new Recording().Tokens(0, gone).Tokens(gone + 1, 8).Done().Verdict;
        Assert.Equal((1, 0, 0), (verdict.Tokens.Lost, verdict.Tokens.Doubled, verdict.Tokens.Foreign));
    });

    [Fact]
    public void Every_token_that_comes_again_is_doubled() => Assert.All(Enumerable.Range(1, 7), from =>
    {
        var verdict = new Recording().Tokens(0, from).Tokens(from - 1, 8, "m2", "b1", "2").Done().Verdict;
        Assert.Equal((0, 1, 0), (verdict.Tokens.Lost, verdict.Tokens.Doubled, verdict.Tokens.Foreign));
    });

    [Fact]
    public void An_answer_that_begins_anew_is_doubled() => Assert.Equal(3, new Recording().Tokens(0, 3).Tokens(0, 8, "m2", "b1", "2").Done().Verdict.Tokens.Doubled);

    [Fact]
    public void Two_tokens_that_changed_places_are_seen() =>
        Assert.NotEqual(default, new Recording().Tokens(0, 2).Tokens(3, 4).Tokens(2, 3).Tokens(4, 8).Done().Verdict.Tokens);

    [Fact]
    public void A_token_of_another_answer_is_foreign()
    {
        var verdict = new Recording().Tokens(0, 2).Event(SimTokens.Text(Recording.Seed + 1, 2), 2).Tokens(3, 8).Done().Verdict;
        Assert.Equal((1, 1), (verdict.Tokens.Lost, verdict.Tokens.Foreign));
    }

    [Fact]
    public void Half_a_token_twice_is_foreign()
    {
        var token = SimTokens.Text(Recording.Seed, 3);
        var verdict = new Recording().Tokens(0, 3).Event(token[..3], 3).Event(token, 3).Tokens(4, 8).Done().Verdict;
        Assert.Equal(1, verdict.Tokens.Foreign);
    }

    [Fact]
    public void A_token_from_the_life_that_was_replaced_is_stale()
    {
        var verdict = new Recording().Tokens(0, 3).Tokens(3, 5, "m2", "b1", "2").Tokens(5, 6).Tokens(6, 8, "m2", "b1", "2").Done().Verdict;
        Assert.Equal(1, verdict.Stale);
        Assert.False(verdict.IsGood);
    }

    [Fact]
    public void A_token_from_an_earlier_attempt_of_the_same_life_is_stale() =>
        Assert.Equal(1, new Recording().Tokens(0, 3).Tokens(3, 5, attempt: "2").Tokens(5, 6).Done().Verdict.Stale);

    [Theory]
    [InlineData(nameof(RecordedEnd.Hung))]
    [InlineData(nameof(RecordedEnd.Running))]
    public void What_does_not_end_hangs(string end)
    {
        var verdict = new Recording().Tokens(0, 3).Ends(Enum.Parse<RecordedEnd>(end)).Verdict;
        Assert.True(verdict.IsHung);
        Assert.False(verdict.IsGood);
    }

    [Theory]
    [InlineData(nameof(RecordedEnd.Cut))]
    [InlineData(nameof(RecordedEnd.Refused))]
    [InlineData(nameof(RecordedEnd.Truncated))]
    [InlineData(nameof(RecordedEnd.Unreachable))]
    public void What_ends_otherwise_has_failed(string end) => Assert.True(new Recording().Tokens(0, 3).Ends(Enum.Parse<RecordedEnd>(end)).Verdict.IsFailed);

    [Fact]
    public void What_a_failed_stream_did_bring_is_compared_as_well()
    {
        Assert.Equal(default, new Recording().Tokens(0, 3).Event(SimTokens.Text(Recording.Seed, 3)[..2], 3).Ends(RecordedEnd.Cut).Verdict.Tokens);
        Assert.Equal(1, new Recording().Tokens(0, 3).Tokens(4, 6).Ends(RecordedEnd.Cut).Verdict.Tokens.Lost);
    }

    [Fact]
    public void A_client_that_leaves_has_not_failed() => Assert.True(new Recording().Tokens(0, 3).Ends(RecordedEnd.Left).Verdict.IsGood);

    [Fact]
    public void A_stream_that_ends_in_good_order_without_DONE_passes_for_nothing() =>
        Assert.Contains("a stream that ends as if it were whole", new Recording().Tokens(0, 3).Ends(RecordedEnd.Truncated).Verdict.Oddities);

    [Fact]
    public void A_cut_wants_an_error_event_before_it()
    {
        const string error = """{"error":{"message":"Lost.","type":"server_error","param":null,"code":"engine_error"}}""";
        Assert.Empty(new Recording().Tokens(0, 3).Data(error).Ends(RecordedEnd.Cut).Verdict.Oddities);
        Assert.NotEmpty(new Recording().Tokens(0, 3).Ends(RecordedEnd.Cut).Verdict.Oddities);
        Assert.NotEmpty(new Recording().Tokens(0, 3).Data(error).Done().Verdict.Oddities);
        Assert.NotEmpty(new Recording().Tokens(0, 3).Data(error).Tokens(3, 4).Ends(RecordedEnd.Cut).Verdict.Oddities);
        Assert.NotEmpty(new Recording().Tokens(0, 3).Data("""{"error":"Lost."}""").Ends(RecordedEnd.Cut).Verdict.Oddities);
    }

    [Fact]
    public void A_failure_is_told_by_a_status_or_an_event()
    {
        var whole = new RequestRecord(new Recording().Record.Plan with { Streams = false }, TimeSpan.Zero);
        whole.Ended(RecordedEnd.Cut, Recording.Ms(10));
        Assert.Contains("a cut instead of a status", RequestVerdict.Of(whole).Oddities);
        Assert.Contains("no answer at all", new Recording().Ends(RecordedEnd.Unreachable).Verdict.Oddities);
        Assert.Empty(new Recording().Ends(RecordedEnd.Refused).Verdict.Oddities);
    }

    [Fact]
    public void A_stream_has_one_id_one_finish_and_one_end()
    {
        Assert.Contains("a second answer id", new Recording().Tokens(0, 3).Event(SimTokens.Text(Recording.Seed, 3), 3, id: "cmpl-2").Tokens(4, 8).Done().Verdict.Oddities);
        Assert.Contains("something after the finish_reason", new Recording().Tokens(0, 8).Tokens(8, 9).Done().Verdict.Oddities);
        Assert.Contains("something after [DONE]", new Recording().Tokens(0, 8).Data("[DONE]").Done().Verdict.Oddities);
        Assert.Contains("finish_reason null instead of length", new Recording().Tokens(0, 7).Event(SimTokens.Text(Recording.Seed, 7), 7).Done().Verdict.Oddities);
    }

    [Fact]
    public void A_chat_has_one_role()
    {
        const string role = """{"id":"cmpl-1","choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";
        Assert.True(new Recording(chat: true).Data(role).Tokens(0, 8).Done().Verdict.IsGood);
        Assert.Contains("no role", new Recording(chat: true).Tokens(0, 8).Done().Verdict.Oddities);
        Assert.Contains("a second role", new Recording(chat: true).Data(role).Tokens(0, 3).Data(role).Tokens(3, 8).Done().Verdict.Oddities);
    }

    [Fact]
    public void Usage_is_what_was_delivered_and_only_where_it_was_asked_for()
    {
        static string Usage(int tokens) => $$$"""{"id":"cmpl-1","choices":[],"usage":{"completion_tokens":{{{tokens}}}}}""";

        Assert.True(new Recording(wantsUsage: true).Tokens(0, 8).Data(Usage(8)).Done().Verdict.IsGood);
        Assert.Contains("a usage that is not what was delivered", new Recording(wantsUsage: true).Tokens(0, 8).Data(Usage(5)).Done().Verdict.Oddities);
        Assert.Contains("no usage", new Recording(wantsUsage: true).Tokens(0, 8).Done().Verdict.Oddities);
        Assert.Contains("a usage that nobody asked for", new Recording().Tokens(0, 8).Data(Usage(8)).Done().Verdict.Oddities);
    }

    [Fact]
    public void The_token_that_ends_an_answer_has_no_text() =>
        Assert.True(new Recording(endsItself: true).Tokens(0, 7).Event("", 7, "stop").Done().Verdict.IsGood);
}
