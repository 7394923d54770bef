using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>A prefill instance is restarted, and the decode instance that then loads its new metadata dies of it (vLLM issue 49238); it comes back, too.</summary>
internal sealed class PrefillRestartCrashesDecode : Scenario
{
    public override string Name => "prefill-restart-crashes-decode";

    public override Promises Promises => Promises.Kill with { SchedulableMs = 2000 };

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(["d1"], 5);
        await RestartAsync(run, "p1");
        await RestartAsync(run, "d1");
    }

    private static async Task RestartAsync(DrillRun run, string name)
    {
        var strikes = await run.StrikeAsync([name], async engine =>
        {
            await engine.KillAsync();
            await engine.StartAsync();
        });
        await run.Rig.SchedulableAsync([run.Engine(name)], TimeSpan.FromSeconds(20));
        run.Verify(await run.Rig.InstanceAsync(run.Engine(name)) is { } now && now.Epoch > strikes[0].Epoch, $"{name} has no new life");
    }
}
