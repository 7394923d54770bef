using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Krewe.Simulation;

namespace Krewe.Bench.Simulate;

/// <summary><c>tests/bench simulate</c>: many seeds of the simulation; ends with the first that fails, explained. Or one seed, explained.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var seeds = new Option<ulong>("--seeds") { Description = "How many seeds.", DefaultValueFactory = _ => 10_000 };
        var from = new Option<ulong>("--from") { Description = "The first seed.", DefaultValueFactory = _ => 1 };
        var one = new Option<ulong?>("--seed") { Description = "Runs this seed alone; where it fails, tells the smallest scenario that does, and what happened in it." };
        var bug = new Option<string?>("--bug") { Description = "With --seed: with this bug put in on purpose, by its name in Krewe.Simulation/Bugs." };
        var goOn = new Option<bool>("--go-on") { Description = "Runs all seeds, and lists those that fail." };
        var threads = new Option<int>("--threads") { Description = "Simulations at a time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var lines = new Option<int>("--lines") { Description = "With --seed: lines of what happened.", DefaultValueFactory = _ => 60 };
        var json = new Option<FileInfo?>("--json") { Description = "Writes the result there, as one JSON object." };
        var command = new Command("simulate", "Runs seeds of the deterministic simulation.") { seeds, from, one, bug, goOn, threads, lines, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(one) is { } seed)
            {
                return Explain(seed, parsed.GetValue(bug), parsed.GetValue(lines));
            }

            var result = Run(parsed.GetValue(from), parsed.GetValue(seeds), parsed.GetValue(threads), parsed.GetValue(goOn), cancellationToken);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(result, JsonSerializerOptions.Web), cancellationToken);
            }

            return result.Failed.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static int Explain(ulong seed, string? bug, int lines)
    {
        var story = Simulator.Explain(seed, lines, bug);
        Console.WriteLine(story ?? string.Create(CultureInfo.InvariantCulture, $"Seed {seed} does not fail: {Simulator.Run(seed)}"));
        return story is null ? 0 : 1;
    }

    private static SimulateResult Run(ulong first, ulong seeds, int threads, bool goesOn, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var report = SeedRange.Run(first, seeds, threads, !goesOn, cancellationToken);
        var perSeed = clock.Elapsed.TotalMilliseconds / Math.Max(1, report.Done);
        foreach (var (what, count) in report.Counts)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-60} {count,12}"));
        }

        foreach (var failed in report.Failed)
        {
            Console.WriteLine($"Seed {failed.Seed} breaks: {failed.Violation}");
        }

        if (!goesOn && report.Failed.Count > 0)
        {
            Console.WriteLine(Simulator.Explain(report.Failed[0].Seed));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Done} seeds from {first}, {report.Failed.Count} failed, {perSeed:F2} ms each, {report.Elapsed.TotalHours:F1} h of virtual time, trace {report.TraceHash:x16}"));
        return new SimulateResult(
            first, report.Done, [.. report.Failed.Select(failed => new FailedSeed(failed.Seed, failed.Violation!.Invariant))], perSeed, $"{report.TraceHash:x16}", report.Counts);
    }
}
