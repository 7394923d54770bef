using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Everything on an instance takes ten times as long, and nothing fails.</summary>
internal sealed class SlowEngines : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "engine-slow";

    /// <summary>Slow answers are to have their time.</summary>
    public override DrillLayout Layout => DrillLayout.Standard with { Load = new LoadShape { Lengths = [8, 16, 60, 120], Deadline = TimeSpan.FromSeconds(60) } };

    public override Promises Promises => new() { OthersTtftRatio = 1.2 };

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 3);
        var strikes = await run.StrikeAsync(Victims, engine => engine.FaultAsync(new { kind = "slow", factor = 10 }));
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(18));
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
            // Ten times 25 ms between its tokens, less the machine's own hiccups: four times is proof enough.
            var gaps = history.Records.SelectMany(record => record.Events.Zip(record.Events.Skip(1)))
                .Where(pair => pair.First.Source?.Incarnation == strike.Incarnation && pair.First.At > strike.At && pair.Second.At < strike.HealedAt)
                .Select(pair => (pair.Second.At - pair.First.At).TotalMilliseconds)
                .Order()
                .ToList();
            run.Verify(gaps.Count > 0 && gaps[gaps.Count / 2] > 100, $"{strike.Instance} was not slow");
        }
    }
}
