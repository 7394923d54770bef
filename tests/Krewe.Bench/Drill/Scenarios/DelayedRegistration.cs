using System.Net;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>An instance is restarted, and then its old life's registration arrives, late: it pushes nobody out.</summary>
internal sealed class DelayedRegistration : Scenario
{
    private static readonly string[] Victims = ["d1", "m1"];

    public override string Name => "delayed-registration";

    public override Promises Promises => Promises.Kill with { SchedulableMs = 2000 };

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 5);
        var old = Victims.ToDictionary(name => name, name => run.Engine(name).Url);
        var strikes = await run.StrikeAsync(Victims, async engine =>
        {
            await engine.KillAsync();
            await engine.StartAsync();
        });
        await run.Rig.SchedulableAsync([.. Victims.Select(run.Engine)], TimeSpan.FromSeconds(20));
        foreach (var strike in strikes)
        {
            var engine = run.Engine(strike.Instance);
            var before = await run.Rig.InstanceAsync(engine);
            run.Verify(before is not null && before.Epoch > strike.Epoch, $"{engine.Name} has no new life");
            for (var i = 0; i < 5; i++)
            {
                var status = await RegisterAsync(run.Rig.Control, engine.Spec, strike.Incarnation, old[engine.Name]);
                run.Promise(status == HttpStatusCode.Conflict, $"the old registration of {engine.Name} was answered {(int)status}");
                await DrillRun.RunOnAsync(TimeSpan.FromMilliseconds(300));
            }

            var after = await run.Rig.InstanceAsync(engine);
            run.Promise(
                after is { Schedulable: true } && after.Epoch == before?.Epoch && after.Incarnation == before.Incarnation && after.Url == before.Url,
                $"the old registration changed {engine.Name}");
        }
    }

    private static Task<HttpStatusCode> RegisterAsync(ControlPort control, EngineSpec spec, string incarnation, Uri url) => control.SendAsync(
        HttpMethod.Put,
        $"/fleet/v1/pools/{spec.Pool}/instances/{spec.Name}",
        new
        {
            incarnation, role = spec.Role, protocol = "vllm", url = url.GetLeftPart(UriPartial.Authority), model = spec.Pool, transferGroup = "default",
            capacity = new { maxConcurrency = 256, kvBlocks = 8192, blockSize = 16 }, labels = new { },
        });
}
