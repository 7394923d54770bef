using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>SIGKILL to all silos at once, and new ones: they know every epoch, and serve soon.</summary>
internal sealed class KillAllSilos : ClusterScenario
{
    public override string Name => "all-silos-killed";

    public override ClusterPromises Promises => new() { RecoverMs = 15_000 };

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        var victims = run.Rig.Up;
        run.OutageUntil = TimeSpan.MaxValue;
        await Task.WhenAll(victims.Select(victim => run.StrikeAsync(victim, victim.KillAsync)));
        run.Verify(run.Rig.Up.Count == 0, "silos live");
        var started = run.Clock.Now;
        await Task.WhenAll(victims.Select(_ => run.Rig.StartSiloAsync()));
        run.Measure("readyMs", (run.Clock.Now - started).TotalMilliseconds);
        await run.RecoverAsync(victims.Count, started, TimeSpan.FromSeconds(60));
        run.OutageUntil = run.Clock.Now;
        await run.SameEpochsAsync(epochs);
    }
}
