using System.Diagnostics;

namespace Krewe.Bench.Drill.Rig;

/// <summary>Whether everything is given back once the load is over: the silos' gauges, their pools' books, and the engines.</summary>
internal static class Gauges
{
    private static readonly string[] Names =
        ["krewe_requests_running", "krewe_reservations", "krewe_queue_waiting", "krewe_instances_reserved", "krewe_pool_frozen", "krewe_store_outages"];

    /// <summary>Waits until all are 0; what is not after <paramref name="within"/> is told.</summary>
    public static async Task<(double? AfterMs, IReadOnlyList<string> Left)> ZeroAsync(
        IReadOnlyCollection<ControlPort> silos, IReadOnlyCollection<EngineUnderDrill> engines, TimeSpan within)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var isLast = clock.Elapsed >= within;
            var left = await LeftAsync(silos, engines);
            if (left.Count == 0)
            {
                return (clock.Elapsed.TotalMilliseconds, []);
            }

            if (isLast)
            {
                return (null, left);
            }

            await Task.Delay(50);
        }
    }

    private static async Task<IReadOnlyList<string>> LeftAsync(IReadOnlyCollection<ControlPort> silos, IReadOnlyCollection<EngineUnderDrill> engines)
    {
        var left = new List<string>();
        foreach (var silo in silos)
        {
            left.AddRange(await silo.NonZeroAsync(Names));
            foreach (var pool in await silo.PoolsAsync())
            {
                left.AddRange(pool.Instances
                    .Where(one => one.Reserved is not { Requests: 0, Tokens: 0 })
                    .Select(one => $"{one.Name} epoch {one.Epoch} {one.State}: reserved {one.Reserved.Requests} requests, {one.Reserved.Tokens} tokens"));
            }
        }

        foreach (var engine in engines.Where(engine => engine.IsUp && engine.Process.SchedulerState() != 'T'))
        {
            var state = await engine.StateAsync();
            if (state is not { Running: 0, Waiting: 0, BlocksInUse: 0, LeasesHeld: 0 })
            {
                left.Add($"{engine.Name}: running {state.Running}, waiting {state.Waiting}, blocks in use {state.BlocksInUse}, leases {state.LeasesHeld}");
            }
        }

        return left;
    }
}
