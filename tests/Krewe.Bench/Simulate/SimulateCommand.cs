using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Krewe.Simulation;

namespace Krewe.Bench.Simulate;

/// <summary><c>tests/bench simulate</c>: many seeds of the simulation, one after the other; ends with the first that fails, explained.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var seeds = new Option<ulong>("--seeds") { Description = "How many seeds.", DefaultValueFactory = _ => 10_000 };
        var from = new Option<ulong>("--from") { Description = "The first seed.", DefaultValueFactory = _ => 0 };
        var goOn = new Option<bool>("--go-on") { Description = "Runs all seeds, and lists those that fail." };
        var explain = new Option<bool>("--explain") { Description = "Tells how the first seed fails: the smallest scenario, and what happened in it." };
        var lines = new Option<int>("--lines") { Description = "With --explain: lines of what happened.", DefaultValueFactory = _ => 60 };
        var json = new Option<FileInfo?>("--json") { Description = "Writes the result there, as one JSON object." };
        var command = new Command("simulate", "Runs seeds of the deterministic simulation.") { seeds, from, goOn, explain, lines, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var first = parsed.GetValue(from);
            if (parsed.GetValue(explain))
            {
                Console.WriteLine(Simulator.Explain(first, parsed.GetValue(lines)) ?? string.Create(CultureInfo.InvariantCulture, $"Seed {first} does not fail."));
                return 0;
            }

            var result = Run(first, parsed.GetValue(seeds), parsed.GetValue(goOn), cancellationToken);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(result, JsonSerializerOptions.Web), cancellationToken);
            }

            return result.Failed.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static SimulateResult Run(ulong first, ulong seeds, bool goesOn, CancellationToken cancellationToken)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        List<FailedSeed> failed = [];
        var clock = Stopwatch.StartNew();
        ulong done = 0, hash = 0;
        var elapsed = TimeSpan.Zero;
        for (; done < seeds && !cancellationToken.IsCancellationRequested; done++)
        {
            var report = Simulator.Run(first + done);
            hash = (hash * 31) + report.TraceHash;
            elapsed += report.Elapsed;
            foreach (var (what, count) in report.Counts)
            {
                counts[what] = counts.GetValueOrDefault(what) + count;
            }

            if (report.Violation is { } violation)
            {
                failed.Add(new FailedSeed(report.Seed, violation.Invariant));
                Console.WriteLine($"Seed {report.Seed} breaks: {violation}");
                if (!goesOn)
                {
                    Console.WriteLine(Simulator.Explain(report.Seed));
                    done++;
                    break;
                }
            }
        }

        var perSeed = clock.Elapsed.TotalMilliseconds / Math.Max(1, done);
        foreach (var (what, count) in counts)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-30} {count,12}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{done} seeds from {first}, {failed.Count} failed, {perSeed:F2} ms each, {elapsed.TotalHours:F1} h of virtual time, trace {hash:x16}"));
        return new SimulateResult(first, done, failed, perSeed, $"{hash:x16}", counts);
    }
}
