using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>SIGKILL, and at once a new process under the same name.</summary>
internal sealed class RestartSameName : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "engine-restart-same-name";

    public override Promises Promises => Promises.Kill with { SchedulableMs = 2000 };

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 5);
        var strikes = await run.StrikeAsync(Victims, async engine =>
        {
            await engine.KillAsync();
            await engine.StartAsync();
        });
        await run.Rig.SchedulableAsync([.. Victims.Select(run.Engine)], TimeSpan.FromSeconds(20));
        foreach (var strike in strikes)
        {
            var now = await run.Rig.InstanceAsync(run.Engine(strike.Instance));
            run.Verify(now is not null && now.Incarnation != strike.Incarnation && now.Epoch > strike.Epoch, $"{strike.Instance} has no new life");
        }
    }

    public override void Verify(DrillRun run, DrillHistory history) => run.Verify(
        history.Strikes.All(strike => history.Records.Any(record => record.SentAt > strike.At && record.LastEvent is { Count: > 0 } last
            && last.Last.Source is { } source && source.Instance == strike.Instance && source.Incarnation != strike.Incarnation)),
        "no request was served by the new life");
}
