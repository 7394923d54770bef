using Krewe.Bench.Drill.Verdict;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>SIGSTOP: the sockets stay open, and nothing comes from them any more.</summary>
internal sealed class StopEngines(string name, IReadOnlyList<string> victims) : Scenario
{
    public override string Name => name;

    public override Promises Promises => Promises.Stop;

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(victims, 5);
        await run.StrikeAsync(victims, engine =>
        {
            engine.Process.Signal(Signals.Stop);
            return Task.CompletedTask;
        });
        await run.VerifyAsync(() => Task.FromResult(victims.All(one => run.Engine(one).Process.SchedulerState() == 'T')), TimeSpan.FromSeconds(2), "they were not stopped");
    }
}
