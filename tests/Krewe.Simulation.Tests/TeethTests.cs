using Krewe.Simulation.Bugs;
using Krewe.Simulation.Plans;

namespace Krewe.Simulation.Tests;

/// <summary>
/// The bugs that an ancestor of this scheduler had (reliability reference, B1 to B12), and two of its own, each put in on purpose: the checks must catch every one,
/// by the promise that it breaks, and say nothing of the same seeds without it.
/// </summary>
public sealed class TeethTests
{
    /// <summary>Each bug with the beginnings of the promises that it breaks.</summary>
    public static TheoryData<string, string[]> Bugs => new()
    {
        { nameof(SeededBug.DeleteByName), ["S1"] },
        { nameof(SeededBug.OldRegistrationWins), ["S2"] },
        { nameof(SeededBug.HeartbeatByName), ["S1"] },
        { nameof(SeededBug.WallClock), ["S20"] },
        { nameof(SeededBug.CountersByName), ["S10"] },
        { nameof(SeededBug.PeerNotReleased), ["S10"] },
        { nameof(SeededBug.OtherPhaseForgotten), ["L1"] },
        { nameof(SeededBug.TokenAfterEnd), ["S5", "S6", "S7"] },
        { nameof(SeededBug.SelectThenBind), ["a request fails only for a reason", "L6"] },
        { nameof(SeededBug.NeverAges), ["L3"] },
        { nameof(SeededBug.LeavingUnnoticed), ["L7"] },
        { nameof(SeededBug.PromptInLog), ["no prompt in a log"] },
        { nameof(SeededBug.ContinuesLate), ["S9 right behind"] },
        { nameof(SeededBug.ContinuesUnsoundly), ["S9 only what is sound"] },
    };

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_seeded_bug_is_caught_by_the_promise_that_it_breaks(string name, string[] promises)
    {
        var bug = Enum.Parse<SeededBug>(name);
        const ulong enough = 600;
        for (ulong seed = 1; seed <= enough; seed++)
        {
            var scenario = ScenarioGenerator.Generate(seed);
            var violation = Simulator.Run(scenario with { Bug = bug }, keepsText: false).Violation;
            if (violation is null || !promises.Any(promise => violation.Invariant.StartsWith(promise, StringComparison.Ordinal)))
            {
                // One bug may break other promises as well, and then the first counts.
                continue;
            }

            Assert.Null(Simulator.Run(scenario, keepsText: false).Violation);
            TestContext.Current.TestOutputHelper?.WriteLine($"{bug}: seed {seed} breaks {violation}");
            return;
        }

        Assert.Fail($"No promise of {string.Join(", ", promises)} was broken with {bug} in {enough} seeds.");
    }

    [Fact]
    public void Every_seeded_bug_is_asked_for() =>
        Assert.Equal(Enum.GetNames<SeededBug>().Where(name => name != nameof(SeededBug.None)), Bugs.Select(row => row.Data.Item1));
}
