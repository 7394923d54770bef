using Krewe.Bench.Drill.Rig;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>Nothing is done to any silo, but all processors of the machine are taken by others for half a minute: nobody is evicted.</summary>
internal sealed class FullLoad : ClusterScenario
{
    private const double Full = 0.95;

    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(30);

    public override string Name => "silos-under-full-load";

    public override async Task RunAsync(ClusterRun run)
    {
        var burners = new List<ChildProcess>();
        try
        {
            run.Fault();
            var before = ProcessorTime.Read();
            for (var i = 0; i < Environment.ProcessorCount * 2; i++)
            {
                burners.Add(ChildProcess.Start("sh", ["-c", "while :; do :; done"]));
            }

            await DrillFindings.RunOnAsync(Lasts);
            var busy = ProcessorTime.Read().BusySince(before);
            run.Measure("machineBusyUnderLoad", busy);
            run.Verify(busy >= Full, $"the machine was only {busy:P0} busy");
        }
        finally
        {
            foreach (var burner in burners)
            {
                await burner.DisposeAsync();
            }
        }

        await run.RecoverAsync(run.Rig.Layout.Silos, run.Clock.Now, TimeSpan.FromSeconds(30));
    }
}
