using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;
using Krewe.Testing;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>SIGKILL to a decode instance while it fetches KV: the prefill is done, the client has nothing yet.</summary>
internal sealed class KillDecodeBeforeFirstToken : Scenario
{
    public override string Name => "engine-kill-decode-before-first-token";

    /// <summary>The victim takes long to fetch, so that there is a moment to hit.</summary>
    public override DrillLayout Layout => DrillLayout.Standard.With("d1", "--kv-transfer-ms", "400");

    public override Promises Promises => Promises.Kill;

    public override async Task RunAsync(DrillRun run)
    {
        var victim = run.Engine("d1");
        run.Load.Burst(DrillLayout.Split, 16);
        await Eventually.TrueAsync(async () =>
        {
            var state = await victim.StateAsync();
            return state.Running + state.Waiting - run.Load.StreamsOn(victim.Name).Count >= 4;
        });
        await run.StrikeAsync([victim.Name], KillAsync);
        VerifyKilled(run, victim.Name);
    }

    public override void Verify(DrillRun run, DrillHistory history) => run.Verify(
        history.Strikes.Any(strike => history.AttemptsOn(strike).Any(one =>
            one.Attempt is { PrefillDoneMs: not null, FirstTokenMs: null, Cause: not (null or "completed") })),
        "no request was between its prefill and its first token on d1");
}
