using System.Text.RegularExpressions;
using Krewe.Core.Requests;
using Krewe.Fleet.Journal;

namespace Krewe.Simulation.Tests;

/// <summary>Two thousand generated fleets, loads and faults: no promise is broken in any, and nothing that could break one was left out.</summary>
public sealed partial class SeedTests(SeedRun run) : IClassFixture<SeedRun>
{
    [Fact]
    public void No_seed_breaks_a_promise()
    {
        Assert.Equal(SeedRun.Count, run.Report.Done);
        if (run.Report.Failed.Count > 0)
        {
            // The first is explained; the others are named.
            Assert.Fail(
                $"{run.Report.Failed.Count} of {run.Report.Done} seeds fail: {string.Join(", ", run.Report.Failed.Select(failed => $"{failed.Seed} ({failed.Violation!.Invariant})"))}\n{Simulator.Explain(run.Report.Failed[0].Seed)}");
        }
    }

    [Fact]
    public void Every_kind_of_fault_took_effect() => Seen("fault ", 50, Expected.Faults);

    [Fact]
    public void Every_transition_of_the_table_was_taken() => Seen("liveness ", 4, Expected.Transitions);

    [Fact]
    public void Every_move_of_operators_and_breakers_was_made() => Seen("", 4, Expected.AdminAndBreaker);

    [Fact]
    public void Actors_did_not_answer_and_took_over_what_was_bound_without_them() => Seen("", 50, Expected.Reach);

    [Fact]
    public void Every_cause_of_an_attempts_end_was_met() => Seen("attempt ", 4, Expected.Causes);

    [Fact]
    public void Every_outcome_of_a_request_came_about() => Seen("outcome ", 50, Expected.Outcomes);

    [Fact]
    public void Streams_went_on_were_finished_and_were_refused()
    {
        Seen("continuation ", 100, [nameof(ContinuationKind.Continue)]);
        Seen("continuation ", 30, [nameof(ContinuationKind.Refuse)]);
        Seen("continuation ", 10, [nameof(ContinuationKind.Finish)]);
    }

    [Fact]
    public void The_journal_uses_no_word_outside_of_its_closed_sets()
    {
        var moves = run.Report.Counts.Keys.Select(name => JournalEntry().Match(name)).Where(match => match.Success).ToList();
        Assert.NotEmpty(moves);
        Assert.All(moves, move =>
        {
            Assert.Contains(move.Groups["what"].Value, FleetEventWords.What);
            Assert.Contains(move.Groups["to"].Value, FleetEventWords.To);
            Assert.Contains(move.Groups["cause"].Value, FleetEventWords.Causes);
        });
    }

    [Fact]
    public void Every_answer_to_a_bind_and_a_registration_was_given()
    {
        Seen("bind ", 1, Expected.Binds);
        Seen("registration ", 10, Expected.Registrations);
    }

    [Fact]
    public void Pools_froze_and_thawed_and_writes_met_conflicts() =>
        Seen("", 5, ["membership Open -> Frozen by HalfSilent", "membership Frozen -> Open by HeardAgain", "store conflicts"]);

    [GeneratedRegex("^(?<what>[a-z]+) [^ ]+ -> (?<to>[^ ]+) by (?<cause>[^ ]+)$")]
    private static partial Regex JournalEntry();

    private void Seen(string prefix, long least, IEnumerable<string> names)
    {
        var missing = names.Select(name => prefix + name).Where(name => run.Report.Counts.GetValueOrDefault(name) < least).ToList();
        Assert.True(
            missing.Count == 0,
            $"Too seldom (at least {least} wanted): {string.Join("; ", missing.Select(name => $"{name}: {run.Report.Counts.GetValueOrDefault(name)}"))}");
    }
}
