using Krewe.Bench.Drill.Cluster.Verdict;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>SIGSTOP to a silo for ten seconds: the others go on without it, and when it wakes it changes nothing and ends.</summary>
internal sealed class StopSilo : ClusterScenario
{
    private const int DeclaredDead = 3;

    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(10);

    public override string Name => "silo-stop";

    public override ClusterPromises Promises => ClusterPromises.SiloLost;

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        var victim = run.Rig.Up[^1];
        await run.StrikeAsync(victim, () =>
        {
            victim.Process.Signal(Signals.Stop);
            return Task.CompletedTask;
        });
        await run.VerifyAsync(() => Task.FromResult(victim.Process.SchedulerState() == 'T'), TimeSpan.FromSeconds(2), $"{victim.Name} was not stopped");
        await run.RecoverAsync(2, run.FaultAt!.Value, TimeSpan.FromSeconds(30));
        if (run.FaultAt.Value + Stopped - run.Clock.Now is var left && left > TimeSpan.Zero)
        {
            await DrillFindings.RunOnAsync(left);
        }

        victim.Process.Signal(Signals.Continue);
        var code = await victim.ExitCodeAsync(TimeSpan.FromSeconds(30));
        run.Promise(code == DeclaredDead, $"the zombie ended with code {code?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none within 30 s"}, expected {DeclaredDead}");
        await DrillFindings.RunOnAsync(TimeSpan.FromSeconds(3));
        await run.SameEpochsAsync(epochs);
    }
}
