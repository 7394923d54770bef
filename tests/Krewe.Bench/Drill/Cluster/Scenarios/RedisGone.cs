namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>Redis is gone for a minute, and comes back with what it had.</summary>
internal sealed class RedisGone : ClusterScenario
{
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(60);

    public override string Name => "redis-gone-60s";

    public override Verdict.ClusterPromises Promises => new() { RecoverMs = 5000 };

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        run.Fault();
        await run.Rig.Stores.Redis.KillAsync();
        run.Verify(await run.Rig.Stores.MembersAsync() is null, "Redis answers");
        await DrillFindings.RunOnAsync(Gone);
        run.Verify(await run.Rig.Stores.MembersAsync() is null, "Redis answers");
        await run.Rig.Stores.Redis.RunAsync();
        var back = run.Clock.Now;
        await run.RecoverAsync(run.Rig.Layout.Silos, back, TimeSpan.FromSeconds(30));
        run.Verify(await run.Rig.Stores.MembersAsync() == run.Rig.Layout.Silos, $"Redis has {await run.Rig.Stores.MembersAsync()} members");
        await run.SameEpochsAsync(epochs);

        // Whether silos and Redis have found each other again shows where another one joins.
        await JoinAsync(run);
    }

    /// <summary>One more silo joins.</summary>
    internal static async Task JoinAsync(ClusterRun run)
    {
        var joins = run.Clock.Now;
        await run.Rig.StartSiloAsync();
        await run.Rig.SettledAsync(run.Rig.Layout.Silos + 1, TimeSpan.FromSeconds(30));
        run.Measure("joinMs", (run.Clock.Now - joins).TotalMilliseconds);
    }
}
