using Krewe.Bench.Drill.Cluster.Rig;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>The release before is rolled to this one under load, and back again: both work in one cluster, on one store.</summary>
internal sealed class MixedVersions : ClusterScenario
{
    public override string Name => "mixed-versions";

    public override ClusterLayout Layout { get; } = new() { StartsWithPrevious = true };

    public override Task<string?> MissingAsync(SiloProgram program) => Task.FromResult(program.Previous is null
        ? "it needs a silo of the release before: --previous DIR, a folder with its built Krewe.Silo.dll"
        : File.Exists(program.Previous) ? null : $"there is no {program.Previous}");

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        await RollSilos.RollAsync(run, previous: false);
        await run.SameEpochsAsync(epochs);
        await RollSilos.RollAsync(run, previous: true);
        await run.SameEpochsAsync(epochs);
    }
}
