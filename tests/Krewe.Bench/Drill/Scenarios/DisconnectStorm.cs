using Krewe.Testing;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Every client leaves at once; a second later they come again.</summary>
internal sealed class DisconnectStorm : Scenario
{
    /// <summary>
    /// Both legs are cancelled and the engines' KV freed within this time (design.md 4). A finished prefill's KV is freed by
    /// the decode that reads it or by its lease: where the client left in between, only the lease is there to do it.
    /// </summary>
    private const double CancelMs = 500;

    public override string Name => "client-disconnect-storm";

    public override async Task RunAsync(DrillRun run)
    {
        run.VerifyLoad(run.Load);
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
        var leases = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var states = await Task.WhenAll(engines.Select(engine => engine.StateAsync()));
                leases = states.Sum(state => state.LeasesHeld);
                return states.All(state => state is { Running: 0, Waiting: 0 } && state.BlocksInUse == state.LeasedBlocks);
            },
            TimeSpan.FromSeconds(20),
            "the engines to be idle");
        var cancelMs = (run.Clock.Now - at).TotalMilliseconds;
        run.Measure("left", left);
        run.Measure("cancelMs", cancelMs);
        run.Measure("leasesLeft", leases);
        run.Promise(cancelMs <= CancelMs, FormattableString.Invariant($"cancelMs {cancelMs:F0}, promised {CancelMs}"));
        run.Load.GoOn();
        await DrillRun.RunOnAsync(TimeSpan.FromSeconds(5));
    }
}
