using Krewe.Simulation.Bugs;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Plans;

namespace Krewe.Simulation.Tests;

public sealed class ShrinkerTests
{
    private static readonly Scenario Failing = FirstFailing(SeededBug.OtherPhaseForgotten);

    [Fact]
    public void What_is_left_breaks_the_same_promise_and_nothing_more_can_go()
    {
        var violation = Violation(Failing)!;
        var smallest = Shrinker.Shrink(Failing, violation);

        Assert.Equal(violation.Invariant, Violation(smallest)!.Invariant);
        Assert.True(smallest.Faults.Count + smallest.Requests.Count < Failing.Faults.Count + Failing.Requests.Count);
        for (var i = 0; i < smallest.Faults.Count; i++)
        {
            Assert.NotEqual(violation.Invariant, Violation(smallest with { Faults = [.. smallest.Faults.Where((_, at) => at != i)] })?.Invariant);
        }

        for (var i = 0; i < smallest.Requests.Count; i++)
        {
            Assert.NotEqual(violation.Invariant, Violation(smallest with { Requests = [.. smallest.Requests.Where((_, at) => at != i)] })?.Invariant);
        }
    }

    [Fact]
    public void A_failure_is_told_the_same_way_each_time_with_its_seed_and_how_to_run_it_again()
    {
        var story = Simulator.Explain(Failing);

        Assert.Equal(story, Simulator.Explain(Failing));
        Assert.Contains($"Seed {Failing.Seed} breaks: L1", story, StringComparison.Ordinal);
        Assert.Contains($"tests/bench simulate --seed {Failing.Seed} --bug {Failing.Bug}", story, StringComparison.Ordinal);
        Assert.Contains("Smallest scenario", story, StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_that_does_not_fail_has_no_story() => Assert.Null(Simulator.Explain(Failing with { Bug = SeededBug.None }));

    private static Violation? Violation(Scenario scenario) => Simulator.Run(scenario, keepsText: false).Violation;

    private static Scenario FirstFailing(SeededBug bug) =>
        Enumerable.Range(1, 300).Select(seed => ScenarioGenerator.Generate((ulong)seed) with { Bug = bug }).First(scenario => Violation(scenario) is not null);
}
