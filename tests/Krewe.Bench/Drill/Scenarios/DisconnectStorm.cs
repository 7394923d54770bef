using Krewe.Testing;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Every client leaves at once; a second later they come again.</summary>
internal sealed class DisconnectStorm : Scenario
{
    /// <summary>Both legs are cancelled and the engines' KV freed within this time (design.md 4).</summary>
    private const double CancelMs = 500;

    public override string Name => "client-disconnect-storm";

    public override async Task RunAsync(DrillRun run)
    {
        run.VerifyLoad();
        run.Load.Pause();
        var engines = run.Rig.Engines;
        var busy = 0;
        foreach (var engine in engines)
        {
            var state = await engine.StateAsync();
            busy += state.Running + state.Waiting;
        }

        var at = run.Clock.Now;
        var left = await run.Load.LeaveAllAsync();
        run.Verify(left >= 20 && busy >= 20, $"only {left} clients left, of {busy} requests in the engines");
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(engines.Select(engine => engine.StateAsync()))).All(state => state is { Running: 0, Waiting: 0 }),
            TimeSpan.FromSeconds(20),
            "the engines to be idle");
        var cancelMs = (run.Clock.Now - at).TotalMilliseconds;
        run.Measure("left", left);
        run.Measure("cancelMs", cancelMs);
        run.Promise(cancelMs <= CancelMs, FormattableString.Invariant($"cancelMs {cancelMs:F0}, promised {CancelMs}"));
        run.Load.GoOn();
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(5));
    }
}
