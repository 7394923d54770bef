namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>SIGTERM to one of three silos.</summary>
internal sealed class TerminateSilo : ClusterScenario
{
    public override string Name => "silo-sigterm";

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        await TerminateAsync(run, run.Rig.Up[^1]);
        run.Measure("leaveMs", (run.Clock.Now - run.FaultAt!.Value).TotalMilliseconds);
        await run.RecoverAsync(2, run.Clock.Now, TimeSpan.FromSeconds(30));
        await run.SameEpochsAsync(epochs);
    }
}
