using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>SIGKILL to a decode instance and to a mixed one, each with running streams.</summary>
internal sealed class KillMidstream : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "engine-kill-decode-midstream";

    public override Promises Promises => Promises.Kill;

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 5);
        await run.StrikeAsync(Victims, KillAsync);
        VerifyKilled(run, Victims);
    }

    public override void Verify(DrillRun run, DrillHistory history) =>
        run.Verify(history.Strikes.All(strike => history.AttemptsOn(strike).Any(one => one.Attempt is { TokensSent: > 0, Cause: not (null or "completed") })), "no stream was broken");
}
