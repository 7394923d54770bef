using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Instances that answer every new request with 503, for five seconds, and look healthy.</summary>
internal sealed class RejectStorm : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "engine-reject-storm";

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 3);
        var strikes = await run.StrikeAsync(Victims, engine => engine.FaultAsync(new { kind = "reject", status = 503 }));
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(5));
        foreach (var strike in strikes)
        {
            strike.HealedAt = run.Clock.Now;
            await run.Engine(strike.Instance).FaultAsync(new { kind = "clear" });
        }
    }

    public override void Verify(DrillRun run, DrillHistory history)
    {
        foreach (var strike in history.Strikes)
        {
            run.Verify(history.AttemptsOn(strike).Any(one => one.Attempt.Cause == "engine_overloaded"), $"{strike.Instance} rejected nobody");
        }

        run.Measure("rejections", history.Strikes.Sum(strike => history.AttemptsOn(strike).Count(one => one.Attempt.Cause == "engine_overloaded")));
    }
}
