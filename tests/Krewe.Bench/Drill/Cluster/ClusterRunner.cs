using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Scenarios;
using Krewe.Bench.Drill.Cluster.Verdict;
using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Cluster;

/// <summary>Runs a scenario of a cluster, from starting its processes to the verdict.</summary>
internal sealed class ClusterRunner(SiloProgram program, TimeSpan after, double? rate, int seed)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(16);
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ZeroWithin = TimeSpan.FromSeconds(5);

    public async Task<ScenarioResult> RunAsync(ClusterScenario scenario)
    {
        if ((ClusterStores.Missing ?? await scenario.MissingAsync(program)) is { } missing)
        {
            return ScenarioResult.NotRunnable(scenario.Name, missing);
        }

        try
        {
            await using var rig = await ClusterRig.StartAsync(scenario.Layout, program);
            return await RunAsync(scenario, rig);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or InvalidOperationException or OperationCanceledException or FileNotFoundException or IOException)
        {
            return ScenarioResult.NotRun(scenario.Name, error.Message);
        }
    }

    private async Task<ScenarioResult> RunAsync(ClusterScenario scenario, ClusterRig rig)
    {
        var clock = new DrillClock();
        await using var watch = new ClusterWatch(clock);
        await using var load = new OpenLoopLoad(rig.Balancer, scenario.Layout.Load with { Rate = rate ?? scenario.Layout.Load.Rate }, seed, clock);
        var run = new ClusterRun(rig, load, watch, clock);
        var broken = new List<string>();
        try
        {
            await DrillFindings.RunOnAsync(WarmUp - Steady);
            var processors = ProcessorTime.Read();
            await DrillFindings.RunOnAsync(Steady);
            run.MachineBusy = ProcessorTime.Read().BusySince(processors);
            await run.LoadedAsync(3);
            await scenario.RunAsync(run);
            await DrillFindings.RunOnAsync(after);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or InvalidOperationException or OperationCanceledException or IOException)
        {
            // The scenario did not get to its end; what was recorded is judged all the same.
            broken.Add($"the scenario broke off: {error.Message}");
        }

        await load.EndAsync();
        var silos = rig.Up;
        double? zeroMs = null;
        try
        {
            (zeroMs, var left) = await Gauges.ZeroAsync([.. silos.Select(silo => silo.Control)], rig.Engines, ZeroWithin);
            broken.AddRange(left.Select(line => $"not 0 after 5 s: {line}"));
            foreach (var silo in silos)
            {
                var turns = await silo.Control.SumAsync("krewe_turns_failed_total");
                run.Promise(turns == 0, $"{turns} turns of actors failed on {silo.Name}, by Krewe's own fault");
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            broken.Add($"the gauges could not be read: {error.Message}");
        }

        // One that ends although nobody asked it to has failed, whatever its clients saw.
        var lives = run.Lives.ToDictionary(life => life.Name);
        broken.AddRange(rig.Silos.Where(silo => silo.Process.HasExited && lives[silo.Name].LeavesAt is null)
            .Select(silo => $"{silo.Name} ended by itself, code {silo.Process.ExitCode}: {silo.Process.Output.Split('\n')[^1]}"));
        broken.AddRange(rig.Silos.Where(silo => silo.Process.Output.Contains("Unhandled exception", StringComparison.Ordinal)).Select(silo => $"{silo.Name} wrote of an unhandled exception"));
        return await JudgeAsync(scenario, run, zeroMs, broken);
    }

    private static async Task<ScenarioResult> JudgeAsync(ClusterScenario scenario, ClusterRun run, double? zeroMs, IReadOnlyList<string> alsoBroken)
    {
        var history = run.History();
        var figures = ClusterFigures.Of(history);
        scenario.Verify(run, history);
        foreach (var (name, count) in new[]
        {
            ("lostWithSilo", figures.LostWithSilo), ("failedInOutage", figures.FailedInOutage), ("newRequests", figures.New), ("newFailed", figures.NewFailed), ("sentOn", figures.SentOn),
        })
        {
            run.Measure(name, count);
        }

        List<string> why = [.. scenario.Promises.Broken(figures, run.RecoverMs), .. run.Broken, .. alsoBroken, .. run.Unverified];
        return new ScenarioResult
        {
            Name = scenario.Name,
            Requests = figures.Requests,
            Failed = figures.Failed,
            Hung = figures.Hung,
            Lost = figures.Lost,
            Doubled = figures.Doubled,
            Stale = figures.Stale,
            Foreign = figures.Foreign,
            DetectMs = Round(figures.DetectMs),
            GapMsP99 = Round(figures.GapMsP99),
            RecoverMs = Round(run.RecoverMs),
            TtftMsP99Before = Round(figures.TtftMsP99Before),
            TtftMsP99After = Round(figures.TtftMsP99After),
            MachineBusy = Round(run.MachineBusy),
            Moved = 0,
            InFlight = run.InFlight,
            ZeroMs = Round(zeroMs),
            Measures = run.Measures,
            Verified = run.Unverified.Count == 0 && run.FaultAt is not null,
            Pass = why.Count == 0,
            Why = why,
            History = await DetailsAsync(run, history),
            SiloOutput = string.Join('\n', run.Rig.Silos.Select(silo => $"== {silo.Name} {silo.Id}\n{silo.Process.Output}")),
        };
    }

    /// <summary>For people: what the silos that are left say of the transitions, and of the requests that went wrong.</summary>
    private static async Task<DrillHistory> DetailsAsync(ClusterRun run, ClusterHistory history)
    {
        var stories = new Dictionary<string, RequestStory>();
        var events = new List<FleetEventState>();
        foreach (var silo in run.Rig.Up)
        {
            try
            {
                foreach (var record in history.Records.Where(one => one.Silo == silo.Name && one.Id is not null && !RequestVerdict.Of(one).IsGood))
                {
                    if (await silo.Control.RequestAsync(record.Id!) is { } story)
                    {
                        stories[record.Id!] = story;
                    }
                }

                events.AddRange(await silo.Control.EventsAsync());
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // Details only: without this silo's.
            }
        }

        return new DrillHistory { Records = history.Records, Stories = stories, Events = [.. events.OrderBy(one => one.At)], Strikes = [], OutageUntil = history.OutageUntil };
    }

    private static double? Round(double? value) => value is { } some ? Math.Round(some, 2) : null;
}
