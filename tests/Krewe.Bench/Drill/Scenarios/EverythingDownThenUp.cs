using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Every engine dies at once; three seconds later all come back. What fails meanwhile fails cleanly, nothing hangs, and service comes back with them.</summary>
internal sealed class EverythingDownThenUp : Scenario
{
    public override string Name => "everything-down-then-up";

    public override Promises Promises => new() { SchedulableMs = 2000 };

    public override async Task RunAsync(DrillRun run)
    {
        string[] all = [.. run.Rig.Engines.Select(engine => engine.Name)];
        run.OutageUntil = TimeSpan.MaxValue;
        await run.StrikeAsync(all, KillAsync);
        VerifyKilled(run, all);
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(3));
        await Task.WhenAll(run.Rig.Engines.Select(engine => engine.StartAsync()));
        await run.Rig.SchedulableAsync(run.Rig.Engines, TimeSpan.FromSeconds(20));
        run.OutageUntil = run.Clock.Now;
        run.Measure("downForMs", (run.Clock.Now - run.Strikes[0].At).TotalMilliseconds);
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(8));
    }

    public override void Verify(DrillRun run, DrillHistory history) =>
        run.Measure("failedInOutage", history.Records.Count(record => record.SentAt <= run.OutageUntil && RequestVerdict.Of(record).IsFailed));
}
