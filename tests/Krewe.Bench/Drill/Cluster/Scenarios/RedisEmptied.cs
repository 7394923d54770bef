using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Testing;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>
/// Redis is restarted and has lost everything: no silo is in the table any more. Each notices, goes in order and one at a time,
/// and ends with another code than 0; what supervises it starts it anew.
/// </summary>
internal sealed class RedisEmptied : ClusterScenario
{
    public override string Name => "redis-restarted-empty";

    public override ClusterLayout Layout { get; } = new() { RedisKeeps = false };

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        var before = run.Rig.Up;
        run.Fault();
        await run.Rig.Stores.Redis.KillAsync();
        await run.Rig.Stores.Redis.RunAsync();
        var back = run.Clock.Now;
        run.Verify(await run.Rig.Stores.MembersAsync() == 0, "Redis has kept members");
        var codes = await Task.WhenAll(before.Select(silo => ReplaceAsync(run, silo)));
        run.Measure("leastExitCode", codes.Min());
        run.Promise(codes.All(code => code > 0), $"silos that are in no table any more ended with {string.Join(", ", codes)}");
        await run.RecoverAsync(before.Count, back, TimeSpan.FromSeconds(60));
        await run.SameEpochsAsync(epochs);
        run.Promise(await run.Rig.Stores.MembersAsync() == before.Count, $"Redis has {await run.Rig.Stores.MembersAsync()} members in the end");
    }

    /// <summary>As a supervisor does: when it has ended, another one is started.</summary>
    private static async Task<int> ReplaceAsync(ClusterRun run, SiloUnderDrill silo)
    {
        // It goes by itself, which is what is awaited; from the moment when it is no longer ready it is not missed.
        await Eventually.TrueAsync(
            () => silo.Process.HasExited || !run.Rig.Balancer.Ready.Contains(silo.Name), TimeSpan.FromSeconds(100), $"{silo.Name} to notice that it is in no table any more");
        run.Asked(silo);
        var code = await silo.ExitCodeAsync(TimeSpan.FromSeconds(60)) ?? 0;
        await run.Rig.StartSiloAsync();
        return code;
    }
}
