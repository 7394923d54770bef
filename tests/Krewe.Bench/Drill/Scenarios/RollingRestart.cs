using Krewe.Bench.Drill.Verdict;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Every engine is drained, ended by SIGTERM and started anew under its name, one of each role at a time.</summary>
internal sealed class RollingRestart : Scenario
{
    public override string Name => "rolling-restart-of-engines";

    public override Promises Promises => new() { DetectMs = 1000, NothingMoves = true, SchedulableMs = 2000 };

    public override async Task RunAsync(DrillRun run)
    {
        foreach (var turn in new string[][] { ["p1", "d1", "m1"], ["p2", "d2", "m2"] })
        {
            await run.StreamsAsync(turn, 1);
            var strikes = await run.StrikeAsync(turn, engine => DrainUnderLoad.DrainAsync(run, engine.Pool, engine.Name));
            await Task.WhenAll(strikes.Select(strike => RestartAsync(run, strike)));
        }
    }

    private static async Task RestartAsync(DrillRun run, Strike strike)
    {
        var engine = run.Engine(strike.Instance);
        await Eventually.TrueAsync(async () => await run.Rig.InstanceAsync(engine) is null or { Admin: "Drained" }, TimeSpan.FromSeconds(20), $"{engine.Name} to be drained");
        engine.Process.Signal(Signals.Terminate);
        var code = await engine.Process.ExitAsync(TimeSpan.FromSeconds(10));
        run.Verify(code == 0, $"{engine.Name} ended with code {code}");
        await engine.StartAsync();
        await run.Rig.SchedulableAsync([engine], TimeSpan.FromSeconds(20));
        run.Verify(await run.Rig.InstanceAsync(engine) is { } now && now.Incarnation != strike.Incarnation, $"{engine.Name} has no new life");
    }
}
