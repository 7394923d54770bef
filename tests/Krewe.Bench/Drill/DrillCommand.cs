using System.CommandLine;
using System.Text.Json;
using Krewe.Bench.Drill.Scenarios;

namespace Krewe.Bench.Drill;

/// <summary><c>tests/bench drill</c>: faults done to real processes under load, and whether the design's promises held.</summary>
internal static class DrillCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("scenario") { Description = "Which; all where none is named.", Arity = ArgumentArity.ZeroOrMore };
        names.Validators.Add(given =>
        {
            foreach (var name in given.Tokens.Select(token => token.Value).Where(name => Scenario.All.All(one => one.Name != name)))
            {
                given.AddError($"'{name}' is no scenario; there are: {string.Join(", ", Scenario.All.Select(one => one.Name))}.");
            }
        });
        var json = new Option<FileInfo?>("--json") { Description = "Writes the result there, as one JSON object." };
        var details = new Option<DirectoryInfo?>("--details") { Description = "Writes there what happened: every request, every transition, the silo's output; a file per scenario." };
        var seconds = new Option<double>("--seconds") { Description = "How long the load runs on after the last fault.", DefaultValueFactory = _ => 8 };
        var rate = new Option<double?>("--rate") { Description = "New requests per second; else the scenario's." };
        var seed = new Option<int>("--seed") { Description = "Of the requests' lengths and prompts.", DefaultValueFactory = _ => 1 };
        var host = new Option<string>("--host") { Description = "local or orleans.", DefaultValueFactory = _ => "local" };
        host.AcceptOnlyFromAmong("local", "orleans");
        var command = new Command("drill", "Faults done to real processes under load.") { names, json, details, seconds, rate, seed, host };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = parsed.GetValue(names) is { Length: > 0 } some ? some : [.. Scenario.All.Select(one => one.Name)];
            var runner = new DrillRunner(parsed.GetValue(host)!, TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rate), parsed.GetValue(seed));
            var results = new List<ScenarioResult>();
            DrillTable.PrintHead(Console.Out);
            foreach (var scenario in wanted.Select(name => Scenario.All.Single(one => one.Name == name)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = await runner.RunAsync(scenario);
                DrillTable.Print(result, Console.Out);
                if (parsed.GetValue(details) is { } folder && result.History is not null)
                {
                    await DrillDetails.WriteAsync(folder, result);
                }

                results.Add(result with { History = null, SiloOutput = "" });
            }

            var report = new DrillReport(results.TrueForAll(one => one.Pass), parsed.GetValue(host)!, results);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(report, DrillReport.Json), cancellationToken);
            }

            Console.WriteLine($"{results.Count(one => one.Pass)} of {results.Count} scenarios pass.");
            return report.Pass ? 0 : 1;
        });
        return command;
    }
}
