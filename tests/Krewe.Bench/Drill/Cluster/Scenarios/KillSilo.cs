using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>SIGKILL to one of three silos.</summary>
internal sealed class KillSilo : ClusterScenario
{
    public override string Name => "silo-kill";

    public override ClusterPromises Promises => ClusterPromises.SiloLost;

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        var victim = run.Rig.Up[^1];
        await run.StrikeAsync(victim, victim.KillAsync);
        run.Verify(!victim.IsUp, $"{victim.Name} lives");
        await run.RecoverAsync(2, run.FaultAt!.Value, TimeSpan.FromSeconds(30));
        await run.SameEpochsAsync(epochs);

        // A silo that comes in its place is whole again, too.
        var again = run.Clock.Now;
        await run.Rig.StartSiloAsync();
        await run.Rig.SettledAsync(3, TimeSpan.FromSeconds(30));
        run.Measure("newSiloMs", (run.Clock.Now - again).TotalMilliseconds);
    }

    public override void Verify(ClusterRun run, ClusterHistory history) =>
        run.Verify(history.Records.Any(record => history.WentWithItsSilo(record)), "nothing ran on the silo that was killed");
}
