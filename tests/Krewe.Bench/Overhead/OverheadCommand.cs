using System.CommandLine;
using System.Text.Json;

namespace Krewe.Bench.Overhead;

/// <summary><c>tests/bench overhead</c>: what a request and a streamed event cost through Krewe, against a bare forwarder and no proxy at all, in one run.</summary>
internal static class OverheadCommand
{
    public static Command Create()
    {
        var json = new Option<FileInfo?>("--json") { Description = "Writes the result there, as one JSON object." };
        var seconds = new Option<double>("--seconds") { Description = "Length of each measurement.", DefaultValueFactory = _ => 4 };
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured; the median counts.", DefaultValueFactory = _ => 3 };
        var warm = new Option<double>("--warm") { Description = "Seconds for which each proxy serves before it is measured: until then the just-in-time compiler is a good part of what is measured.", DefaultValueFactory = _ => 15 };
        var host = new Option<string>("--host") { Description = "local or orleans.", DefaultValueFactory = _ => "local" };
        var silos = new Option<int>("--silos") { Description = "How many silos share the fleet (orleans; Redis and PostgreSQL are started); one takes all requests.", DefaultValueFactory = _ => 1 };
        var keys = new Option<bool>("--keys") { Description = "Measures a silo beside that asks for an API key with limits, too: \"keyed\", else as \"mixed\"." };
        var command = new Command("overhead", "Cost of a request and of a streamed event.") { json, seconds, rounds, warm, host, silos, keys };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var rig = await OverheadRig.StartAsync(parsed.GetValue(host)!, parsed.GetValue(silos), parsed.GetValue(keys));
            var report = await new OverheadRun(rig, TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(warm))).RunAsync();
            OverheadTable.Print(report, Console.Out);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(report, OverheadReport.Json), cancellationToken);
            }

            return report.Errors == 0 ? 0 : 1;
        });
        return command;
    }
}
