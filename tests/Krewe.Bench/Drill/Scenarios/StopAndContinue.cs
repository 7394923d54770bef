using Krewe.Bench.Drill.Verdict;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>SIGSTOP, and SIGCONT once its streams are elsewhere: what it still has to say reaches no client.</summary>
internal sealed class StopAndContinue : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "engine-stop-continue";

    public override Promises Promises => Promises.Stop;

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 5);
        var strikes = await run.StrikeAsync(Victims, engine =>
        {
            engine.Process.Signal(Signals.Stop);
            return Task.CompletedTask;
        });
        await run.VerifyAsync(() => Task.FromResult(Victims.All(one => run.Engine(one).Process.SchedulerState() == 'T')), TimeSpan.FromSeconds(2), "they were not stopped");
        await run.VerifyAsync(() => Task.FromResult(Victims.All(one => run.Load.StreamsOn(one).Count == 0)), TimeSpan.FromSeconds(10), "streams were still theirs after 10 s");
        foreach (var strike in strikes)
        {
            strike.HealedAt = run.Clock.Now;
            run.Engine(strike.Instance).Process.Signal(Signals.Continue);
        }

        var continued = run.Clock.Now;
        await run.VerifyAsync(() => Task.FromResult(Victims.All(one => run.Engine(one).Process.SchedulerState() != 'T')), TimeSpan.FromSeconds(2), "they did not continue");
        await run.Rig.SchedulableAsync([.. Victims.Select(run.Engine)], TimeSpan.FromSeconds(10));
        run.Measure("continuedToSchedulableMs", (run.Clock.Now - continued).TotalMilliseconds);
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(6));
    }
}
