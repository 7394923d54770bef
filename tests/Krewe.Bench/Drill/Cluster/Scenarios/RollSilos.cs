namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>Every silo is asked to go, and replaced when it is gone, one after the other.</summary>
internal sealed class RollSilos : ClusterScenario
{
    public override string Name => "rolling-restart-of-silos";

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        await RollAsync(run, previous: false);
        await run.SameEpochsAsync(epochs);
    }

    /// <summary>Replaces every silo that is up.</summary>
    /// <param name="run">The drill.</param>
    /// <param name="previous">Whether the new ones are of the release before.</param>
    internal static async Task RollAsync(ClusterRun run, bool previous)
    {
        foreach (var leaving in run.Rig.Up)
        {
            await TerminateAsync(run, leaving);
            var gone = run.Clock.Now;
            await run.Rig.StartSiloAsync(previous);
            await run.RecoverAsync(run.Rig.Layout.Silos, gone, TimeSpan.FromSeconds(45));
        }
    }
}
