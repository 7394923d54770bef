using System.CommandLine;
using System.Text.Json;
using Krewe.Bench.Drill.Cluster;
using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Scenarios;
using Krewe.Bench.Drill.Scenarios;
using Krewe.Bench.Drill.Sdk;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill;

/// <summary><c>tests/bench drill</c>: faults done to real processes under load, and whether the design's promises held.</summary>
internal static class DrillCommand
{
    public static Command Create()
    {
        string[] ofEngines = [.. Scenario.All.Select(one => one.Name)];
        string[] ofSilos = [.. ClusterScenario.All.Select(one => one.Name)];
        var names = new Argument<string[]>("scenario")
        {
            Description = "Which; where none is named all that the host can run. Those of silos need --host orleans, Redis and PostgreSQL.", Arity = ArgumentArity.ZeroOrMore,
        };
        names.Validators.Add(given =>
        {
            foreach (var name in given.Tokens.Select(token => token.Value).Where(name => !ofEngines.Contains(name) && !ofSilos.Contains(name) && name != SdkChaos.Name))
            {
                given.AddError($"'{name}' is no scenario; there are: {string.Join(", ", [.. ofEngines, .. ofSilos, SdkChaos.Name])}.");
            }
        });
        var json = new Option<FileInfo?>("--json") { Description = "Writes the result there, as one JSON object." };
        var details = new Option<DirectoryInfo?>("--details") { Description = "Writes there what happened: every request, every transition, the silo's output; a file per scenario." };
        var seconds = new Option<double>("--seconds") { Description = "How long the load runs on after the last fault.", DefaultValueFactory = _ => 8 };
        var rate = new Option<double?>("--rate") { Description = "New requests per second; else the scenario's." };
        var seed = new Option<int>("--seed") { Description = "Of the requests' lengths and prompts.", DefaultValueFactory = _ => 1 };
        var host = new Option<string>("--host") { Description = "local or orleans.", DefaultValueFactory = _ => "local" };
        host.AcceptOnlyFromAmong("local", "orleans");
        var previous = new Option<DirectoryInfo?>("--previous") { Description = "A folder with the built silo of the release before, for mixed-versions." };
        var unknown = new Option<string[]>("--previous-unset") { Description = "A setting of the drill's, as an environment variable, that the release before does not know.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("drill", "Faults done to real processes under load.") { names, json, details, seconds, rate, seed, host, previous, unknown };
        command.Validators.Add(given =>
        {
            if (given.GetValue(host) != "orleans" && given.GetValue(names)?.FirstOrDefault(ofSilos.Contains) is { } needs)
            {
                given.AddError($"'{needs}' needs several silos: --host orleans.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isCluster = parsed.GetValue(host) == "orleans";
            var wanted = parsed.GetValue(names) is { Length: > 0 } some ? some : isCluster ? [.. ofEngines, .. ofSilos, SdkChaos.Name] : [.. ofEngines, SdkChaos.Name];
            var after = TimeSpan.FromSeconds(parsed.GetValue(seconds));
            var runner = new DrillRunner(parsed.GetValue(host)!, after, parsed.GetValue(rate), parsed.GetValue(seed));
            var clusters = isCluster
                ? new ClusterRunner(Silos(parsed.GetValue(previous), parsed.GetValue(unknown)), after, parsed.GetValue(rate), parsed.GetValue(seed))
                : null;
            var results = new List<ScenarioResult>();
            DrillTable.PrintHead(Console.Out);
            foreach (var name in wanted)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = name == SdkChaos.Name ? await new SdkChaos(parsed.GetValue(host)!, parsed.GetValue(seed)).RunAsync()
                    : ClusterScenario.All.FirstOrDefault(one => one.Name == name) is { } ofSilo
                    ? await clusters!.RunAsync(ofSilo)
                    : await runner.RunAsync(Scenario.All.Single(one => one.Name == name));
                DrillTable.Print(result, Console.Out);
                if (parsed.GetValue(details) is { } written && result.History is not null)
                {
                    await DrillDetails.WriteAsync(written, result);
                }

                results.Add(result with { History = null, SiloOutput = "" });
            }

            var report = DrillReport.Of(parsed.GetValue(host)!, results);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(report, DrillReport.Json), cancellationToken);
            }

            var skipped = results.Count(one => one.Skipped is not null);
            Console.WriteLine($"{results.Count(one => one.Pass)} of {results.Count} scenarios pass{(skipped > 0 ? $", {skipped} skipped" : "")}.");
            return results.TrueForAll(one => one.Pass || one.Skipped is not null) ? 0 : 1;
        });
        return command;
    }

    private static SiloProgram Silos(DirectoryInfo? previous, string[]? unknown) =>
        new(BuildOutput.Assembly("silo/Krewe.Silo"), previous is null ? null : SiloProgram.In(previous.FullName)) { UnknownToPrevious = unknown ?? [] };
}
