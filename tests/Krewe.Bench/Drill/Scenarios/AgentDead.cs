using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>An instance's agent falls silent for ten seconds; its engine serves on, and answers probes.</summary>
internal sealed class AgentDead : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "agent-dead-engine-alive";

    public override Promises Promises => new() { NothingMoves = true };

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 3);
        var strikes = await run.StrikeAsync(Victims, engine => engine.FaultAsync(new { kind = "pause-heartbeats" }));
        foreach (var engine in Victims.Select(run.Engine))
        {
            await run.VerifyAsync(async () => await run.Rig.InstanceAsync(engine) is null or { Load.AgeMs: > 2000 }, TimeSpan.FromSeconds(6), $"{engine.Name} is still heard");
        }

        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(7));
        foreach (var strike in strikes)
        {
            var engine = run.Engine(strike.Instance);
            run.Promise(await run.Rig.InstanceAsync(engine) is { Schedulable: true, State: "LeaseLost" }, $"{engine.Name} is not scheduled as LeaseLost");
            await engine.FaultAsync(new { kind = "resume-heartbeats" });
            await run.PromiseAsync(async () => await run.Rig.InstanceAsync(engine) is { State: "Active" } now && now.Epoch == strike.Epoch, TimeSpan.FromSeconds(2), $"{engine.Name} is not Active again within 2 s of its agent");
        }
    }
}
