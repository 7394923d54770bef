using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster.Scenarios;

/// <summary>A fourth silo joins under load, serves, and leaves again.</summary>
internal sealed class ScaleOutIn : ClusterScenario
{
    public override string Name => "scale-out-in";

    public override async Task RunAsync(ClusterRun run)
    {
        var epochs = await run.EpochsAsync();
        run.Fault();
        var joins = run.Clock.Now;
        var fourth = await run.Rig.StartSiloAsync();
        await run.RecoverAsync(4, joins, TimeSpan.FromSeconds(30));
        run.Measure("joinMs", (run.Clock.Now - joins).TotalMilliseconds);
        await DrillFindings.RunOnAsync(TimeSpan.FromSeconds(10));
        run.Verify(run.Load.Records.Count(record => record.Silo == fourth.Name) >= 20, "the fourth silo served next to nothing");
        await TerminateAsync(run, fourth);
        await run.RecoverAsync(3, run.Clock.Now, TimeSpan.FromSeconds(30));
        await run.SameEpochsAsync(epochs);
    }

    public override void Verify(ClusterRun run, ClusterHistory history)
    {
        // It starts warm: its first requests wait no longer than those of the others at that time.
        var fourth = history.Silos.First(silo => silo.ReadyAt > history.FaultAt);
        var ttft = history.Records
            .Where(record => record.Plan.Streams && record.Events.Count > 0 && record.SentAt >= fourth.ReadyAt && record.SentAt < fourth.LeavesAt)
            .ToLookup(record => record.Silo == fourth.Name, record => (record.Events[0].At - record.SentAt).TotalMilliseconds);
        foreach (var (name, values) in new[] { ("fourthTtftMsMedian", ttft[true]), ("othersTtftMsMedian", ttft[false]) })
        {
            var sorted = values.Order().ToList();
            run.Measure(name, sorted.Count == 0 ? 0 : sorted[sorted.Count / 2]);
        }
    }
}
