using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>Redis is restarted and has lost everything: no silo is in the table any more. They write themselves into it again, and go on.</summary>
internal sealed class RedisEmptied : ClusterScenario
{
    public override string Name => "redis-restarted-empty";

    public override ClusterLayout Layout { get; } = new() { RedisKeeps = false };

    public override ClusterPromises Promises => new() { RecoverMs = 5000 };

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        var stores = run.Rig.Stores;
        run.Fault();
        await stores.Redis.KillAsync();
        await stores.Redis.RunAsync();
        var back = run.Clock.Now;
        run.Verify(await stores.MembersAsync() < run.Rig.Layout.Silos, "Redis has kept its members");
        await run.PromiseAsync(
            async () => await stores.MembersAsync() == run.Rig.Layout.Silos, TimeSpan.FromSeconds(30), "the silos are not all in the table again 30 s after Redis came back");
        await run.RecoverAsync(run.Rig.Layout.Silos, back, TimeSpan.FromSeconds(30));
        await run.SameEpochsAsync(epochs);

        // Whether the table is one again shows where another silo joins.
        await RedisGone.JoinAsync(run);
    }
}
