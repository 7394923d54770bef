using System.Net;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>Instances are drained: what runs on them ends there, nothing new comes, and then they are gone.</summary>
internal sealed class DrainUnderLoad : Scenario
{
    private static readonly string[] Victims = ["p1", "d1", "m1"];

    public override string Name => "drain-under-load";

    /// <summary>No new binding: not after a second either, as for an engine that is dead.</summary>
    public override Promises Promises => new() { DetectMs = 1000, NothingMoves = true };

    public override async Task RunAsync(DrillRun run)
    {
        await run.StreamsAsync(Victims, 3);
        await run.StrikeAsync(Victims, engine => DrainAsync(run, engine.Pool, engine.Name));
        foreach (var engine in Victims.Select(run.Engine))
        {
            await run.PromiseAsync(async () => await run.Rig.InstanceAsync(engine) is null or { Admin: "Drained" }, TimeSpan.FromSeconds(20), $"{engine.Name} is not drained after 20 s");
        }
    }

    /// <summary>Asks the silo to drain an instance.</summary>
    internal static async Task DrainAsync(DrillRun run, string pool, string name)
    {
        var status = await run.Rig.Control.SendAsync(HttpMethod.Post, $"/fleet/v1/pools/{pool}/instances/{name}/drain", new { deadlineMs = 30_000 });
        run.Verify(status == HttpStatusCode.Accepted, $"the drain of {name} was answered {(int)status}");
    }
}
