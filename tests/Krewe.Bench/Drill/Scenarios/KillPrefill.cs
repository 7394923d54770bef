using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;
using Krewe.Testing;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>SIGKILL to a prefill instance that has prompts at work.</summary>
internal sealed class KillPrefill : Scenario
{
    public override string Name => "engine-kill-prefill";

    public override Promises Promises => Promises.Kill;

    public override async Task RunAsync(DrillRun run)
    {
        var victim = run.Engine("p1");
        run.Load.Burst(DrillLayout.Split, 24);
        await Eventually.TrueAsync(async () => (await victim.StateAsync()) is { Running: >= 4 });
        await run.StrikeAsync([victim.Name], KillAsync);
        VerifyKilled(run, victim.Name);
    }

    public override void Verify(DrillRun run, DrillHistory history) => run.Verify(
        history.Strikes.Any(strike => history.AttemptsOn(strike).Any(one => one.Attempt is { PrefillDoneMs: null, Cause: not (null or "completed") })),
        "no request was in its prefill on p1");
}
