using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>
/// Blindness: no agent is heard any more, of any instance; after a while no health check is answered either. The fault
/// is likelier ours: nobody is evicted.
/// </summary>
internal sealed class HeartbeatsCut : Scenario
{
    public override string Name => "heartbeats-cut";

    public override Promises Promises => new() { NothingMoves = true };

    public override async Task RunAsync(DrillRun run)
    {
        string[] all = [.. run.Rig.Engines.Select(engine => engine.Name)];
        var strikes = await run.StrikeAsync(all, engine => engine.FaultAsync(new { kind = "pause-heartbeats" }));
        await run.VerifyAsync(
            async () => (await run.Rig.Control.PoolsAsync()).SelectMany(pool => pool.Instances).All(one => one.Load.AgeMs > 2000), TimeSpan.FromSeconds(6), "agents are still heard");
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(4));
        await StillThereAsync(run, "with heartbeats cut");
        foreach (var engine in run.Rig.Engines)
        {
            await engine.FaultAsync(new { kind = "health-hangs" });
        }

        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(8));
        await StillThereAsync(run, "with health checks cut, too");
        foreach (var engine in run.Rig.Engines)
        {
            await engine.FaultAsync(new { kind = "clear" });
        }

        foreach (var strike in strikes)
        {
            await run.PromiseAsync(
                async () => await run.Rig.InstanceAsync(run.Engine(strike.Instance)) is { State: "Active", Schedulable: true } now && now.Epoch == strike.Epoch,
                TimeSpan.FromSeconds(2),
                $"{strike.Instance} is not Active again, of the same epoch, within 2 s");
        }
    }

    public override void Verify(DrillRun run, DrillHistory history)
    {
        var evicted = history.Events.Where(one => one is { What: "liveness", To: "Suspect" or "Removed" }).Select(one => $"{one.Instance} {one.To}").Distinct().ToList();
        run.Promise(evicted.Count == 0, $"evicted in blindness: {string.Join(", ", evicted)}");
    }

    private static async Task StillThereAsync(DrillRun run, string when)
    {
        var gone = run.Rig.Engines.Select(engine => engine.Name)
            .Except((await run.Rig.Control.PoolsAsync()).SelectMany(pool => pool.Instances).Where(one => one.Schedulable).Select(one => one.Name))
            .ToList();
        run.Promise(gone.Count == 0, $"not schedulable {when}: {string.Join(", ", gone)}");
    }
}
