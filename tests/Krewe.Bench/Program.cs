using System.CommandLine;
using Krewe.Bench.Drill;
using Krewe.Bench.Overhead;
using Krewe.Bench.Replay;
using Krewe.Bench.Simulate;

var root = new RootCommand("Measures Krewe. Each command prints a table and, with --json, writes one JSON object.");
root.Subcommands.Add(OverheadCommand.Create());
root.Subcommands.Add(SimulateCommand.Create());
root.Subcommands.Add(DrillCommand.Create());
root.Subcommands.Add(ReplayCommand.Create());
root.Subcommands.Add(BareForwarder.Create());
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync("bench: " + parsed.Errors[0].Message);
    return 2;
}

return await parsed.InvokeAsync();
