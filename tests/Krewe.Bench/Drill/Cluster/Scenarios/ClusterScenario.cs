using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>A fault to a cluster of silos, and what has to hold. Processes, load, records and the verdict are the drill's.</summary>
internal abstract class ClusterScenario
{
    public static IReadOnlyList<ClusterScenario> All { get; } =
    [
        new KillSilo(),
        new StopSilo(),
        new TerminateSilo(),
        new RollSilos(),
        new KillAllSilos(),
        new RedisGone(),
        new RedisEmptied(),
        new PostgreSqlGone(),
        new PartitionSilo(),
        new ScaleOutIn(),
        new MixedVersions(),
        new FullLoad(),
    ];

    public abstract string Name { get; }

    public virtual ClusterLayout Layout { get; } = new();

    public virtual ClusterPromises Promises => ClusterPromises.Whole;

    /// <summary>Why it cannot be run here, beside what every scenario needs; null if it can.</summary>
    public virtual Task<string?> MissingAsync(SiloProgram program) => Task.FromResult<string?>(null);

    /// <summary>Called when the load is steady; it runs on afterwards.</summary>
    public abstract Task RunAsync(ClusterRun run);

    /// <summary>What can be verified only from what was recorded.</summary>
    public virtual void Verify(ClusterRun run, ClusterHistory history)
    {
    }

    /// <summary>SIGTERM to a silo under load, and what it owes then: what runs on it ends there, and it ends with 0.</summary>
    protected static async Task TerminateAsync(ClusterRun run, SiloUnderDrill silo)
    {
        await run.LoadedAsync(1);
        run.Verify(run.RunningOn(silo) > 0, $"no request ran on {silo.Name} when it was asked to go");
        run.Asked(silo);
        silo.Process.Signal(Krewe.Testing.Processes.Signals.Terminate);
        var code = await silo.ExitCodeAsync(TimeSpan.FromSeconds(45));
        run.Promise(code == 0, $"{silo.Name} ended with code {code?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none within 45 s"} after SIGTERM");
    }
}
