using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Health checks and heartbeats say that all is well, and there is never a token again.</summary>
internal sealed class HealthLies : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "health-lies";

    /// <summary>For its requests it is stopped; how soon new ones keep away is measured, and nothing is promised.</summary>
    public override Promises Promises => Promises.Stop with { DetectMs = null };

    public override bool EndsBindings => true;

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 3);
        var strikes = await run.StrikeAsync(Victims, engine => engine.FaultAsync(new { kind = "health-lies" }));
        foreach (var engine in Victims.Select(run.Engine))
        {
            var before = await engine.StateAsync();
            await DrillRun.RunOnAsync(TimeSpan.FromMilliseconds(500));
            var after = await engine.StateAsync();
            run.Verify(before.Running + before.Waiting > 0 && after.GeneratedTokens == before.GeneratedTokens, $"{engine.Name} makes tokens");
        }

        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(10));
        foreach (var strike in strikes)
        {
            // A stuck engine frees nothing, and that is not what is measured.
            strike.HealedAt = run.Clock.Now;
            await run.Engine(strike.Instance).FaultAsync(new { kind = "clear" });
        }
    }
}
