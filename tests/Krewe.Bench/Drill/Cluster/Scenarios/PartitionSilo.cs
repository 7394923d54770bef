using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>
/// One silo and the others no longer reach each other; clients, engines and stores reach all. The others outvote it, and it
/// ends when it learns so; until then its clients are served as far as it can.
/// </summary>
internal sealed class PartitionSilo : ClusterScenario
{
    private const int DeclaredDead = 3;

    public override string Name => "silo-partitioned";

    public override ClusterLayout Layout { get; } = new() { IsNetworked = true };

    public override ClusterPromises Promises => ClusterPromises.SiloLost;

    public override Task<string?> MissingAsync(SiloProgram program) => SiloNetwork.MissingAsync();

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        var victim = run.Rig.Up[^1];
        await run.StrikeAsync(victim, () => run.Rig.Network!.CutFromSilosAsync(victim.Number));
        run.Verify(victim.IsUp && await victim.ActiveAsync() is not null, $"{victim.Name} is not reached by its clients");
        var code = await victim.ExitCodeAsync(TimeSpan.FromSeconds(40));
        run.Measure("partitionedEndsMs", (run.Clock.Now - run.FaultAt!.Value).TotalMilliseconds);
        run.Promise(code == DeclaredDead, $"the silo that was cut off ended with code {code?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none within 40 s"}, expected {DeclaredDead}");
        await run.RecoverAsync(2, run.FaultAt.Value, TimeSpan.FromSeconds(30));
        await run.SameEpochsAsync(epochs);

        // The network heals, and what supervises it starts it anew.
        await run.Rig.StartSiloAsync();
        await run.Rig.SettledAsync(3, TimeSpan.FromSeconds(30));
    }

    public override void Verify(ClusterRun run, ClusterHistory history) =>
        run.Verify(history.Sightings.Any(one => one.At > history.FaultAt && one.Active.Count == 2), "nobody noticed that a silo was cut off");
}
