
namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>PostgreSQL is gone for a minute; an engine begins a new life meanwhile, whose epoch waits to be written.</summary>
internal sealed class PostgreSqlGone : ClusterScenario
{
    private const string Reborn = "d1";

    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(60);

    public override string Name => "postgres-gone-60s";

    public override Verdict.ClusterPromises Promises => new() { RecoverMs = 5000 };

    public override async Task RunAsync(ClusterRun run)
    {
        var postgreSql = run.Rig.Stores.PostgreSql;
        var epochs = await run.EpochsAsync();
        run.Fault();
        var until = run.Clock.Now + Gone;
        await postgreSql.KillAsync();
        run.Verify(postgreSql.Process.HasExited, "PostgreSQL lives");
        await DrillFindings.RunOnAsync(TimeSpan.FromSeconds(10));
        var engine = run.Rig.Engine(Reborn);
        await engine.KillAsync();
        await engine.StartAsync();
        await run.PromiseAsync(() => RebornAsync(run, epochs[Reborn]), TimeSpan.FromSeconds(10), $"{Reborn} is not served in its new life while the store is out");
        await run.PromiseAsync(async () => await WaitingAsync(run) > 0, TimeSpan.FromSeconds(10), "krewe_store_outages does not rise while the store is out");
        run.Measure("waitingRecords", await WaitingAsync(run));
        if (until - run.Clock.Now is var left && left > TimeSpan.Zero)
        {
            await DrillFindings.RunOnAsync(left);
        }

        await postgreSql.RunAsync();
        var back = run.Clock.Now;
        await run.PromiseAsync(async () => await WaitingAsync(run) == 0, TimeSpan.FromSeconds(30), "records still wait for the store 30 s after its return");
        run.Measure("writtenMs", (run.Clock.Now - back).TotalMilliseconds);
        await run.RecoverAsync(run.Rig.Layout.Silos, back, TimeSpan.FromSeconds(30));
        await run.SameEpochsAsync(new Dictionary<string, long>(epochs) { [Reborn] = epochs[Reborn] + 1 });
    }

    private static async Task<double> WaitingAsync(ClusterRun run)
    {
        var waiting = await Task.WhenAll(run.Rig.Up.Select(silo => silo.Control.SumAsync("krewe_store_outages")));
        return waiting.Sum();
    }

    private static async Task<bool> RebornAsync(ClusterRun run, long epoch)
    {
        var seen = await Task.WhenAll(run.Rig.Up.Select(silo => silo.Control.PoolAsync(run.Rig.Engine(Reborn).Pool)));
        return seen.All(pool => pool.Find(Reborn) is { Schedulable: true } now && now.Epoch == epoch + 1);
    }
}
