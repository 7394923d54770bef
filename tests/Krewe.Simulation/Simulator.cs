using System.Globalization;
using Krewe.Simulation.Bugs;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;
using Krewe.Simulation.Faults;

namespace Krewe.Simulation;

/// <summary>Runs scenarios: the product's actors on the local host, on one thread and a virtual clock, among engines, agents, clients, a network and a store that do as the seed says.</summary>
public static class Simulator
{
    // Far more than any run needs: a run that gets there goes in circles.
    private const long MaxSteps = 200_000;

    /// <summary>The scenario of a seed.</summary>
    public static SimulationReport Run(ulong seed) => Run(ScenarioGenerator.Generate(seed), keepsText: false);

    /// <summary>What a person needs to understand a seed that fails: the promise that was broken, the smallest scenario that breaks it, and how it went; null where the seed does not fail.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="lastLines">How many lines of what happened before.</param>
    /// <param name="bug">A bug that is put in on purpose, by its name; null for none.</param>
    /// <exception cref="ArgumentException">No bug of that name.</exception>
    public static string? Explain(ulong seed, int lastLines = 60, string? bug = null) =>
        Explain(ScenarioGenerator.Generate(seed) with { Bug = bug is null ? SeededBug.None : Enum.Parse<SeededBug>(bug) }, lastLines);

    internal static string? Explain(Scenario scenario, int lastLines = 60)
    {
        if (Run(scenario, keepsText: false).Violation is not { } violation)
        {
            return null;
        }

        var smallest = Shrinker.Shrink(scenario, violation);
        var report = Run(smallest, keepsText: true);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Seed {scenario.Seed} breaks: {violation}\nAgain: tests/bench simulate --seed {scenario.Seed}{(scenario.Bug == SeededBug.None ? "" : $" --bug {scenario.Bug}")}\nSmallest scenario, which breaks: {report.Violation}\n{smallest.Describe()}\n{string.Join('\n', report.Lines.TakeLast(lastLines))}\n");
    }

    internal static SimulationReport Run(Scenario scenario, bool keepsText)
    {
        using var world = new World(scenario, keepsText);
        var faults = new FaultInjector(world);
        var settling = new SettledCheck(world);
        world.Clock.After(TimeSpan.Zero, world.StartSilo);
        foreach (var instance in scenario.Instances)
        {
            world.Clock.After(TimeSpan.FromMilliseconds(10), () => world.StartEngine(instance));
        }

        foreach (var fault in scenario.Faults)
        {
            world.Clock.After(fault.At, () => faults.Inject(fault));
        }

        foreach (var request in scenario.Requests)
        {
            world.Clock.After(request.At, () => world.Call(request));
        }

        world.Clock.After(scenario.HealAt, faults.Heal);
        world.Loop.Run(
            world.OnSettled,
            () => world.Findings.First is not null || world.Clock.Escape is not null || settling.IsOver || world.Loop.Steps > MaxSteps);
        if (world.Clock.Escape is { } escape)
        {
            world.Findings.Report("one thread", $"Work left the simulation's thread: {escape}");
        }
        else if (world.Findings.First is null)
        {
            world.Findings.Require(world.Loop.Steps <= MaxSteps, "it comes to rest", () => $"{MaxSteps} steps were not enough");
            settling.CheckAtRest();
        }

        if (world.Findings.First is null && scenario.WallClockJumps && faults.Done.ContainsKey(FaultKind.WallClock))
        {
            var still = Run(scenario with { WallClockJumps = false }, keepsText: false);
            world.Findings.Require(
                still.TraceHash == world.Trace.Hash, "S20 the wall clock decides nothing", () => "without the jumps of the wall clock the same plan goes another way");
        }

        return new SimulationReport
        {
            Seed = scenario.Seed,
            Violation = world.Findings.First,
            TraceHash = world.Trace.Hash,
            Steps = world.Loop.Steps,
            Elapsed = world.Clock.Elapsed,
            Counts = Count(world, faults),
            Lines = world.Trace.Lines,
        };
    }

    private static Dictionary<string, int> Count(World world, FaultInjector faults)
    {
        world.Harvest();
        var counts = new Dictionary<string, int>(world.Seen.Counts);
        foreach (var (kind, count) in faults.Done)
        {
            counts[$"fault {kind}"] = count;
        }

        foreach (var (outcome, count) in world.Requests.Outcomes)
        {
            counts[$"outcome {outcome}"] = count;
        }

        counts["store conflicts"] = world.Store.Conflicts;
        return counts;
    }
}
