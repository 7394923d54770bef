using System.Collections.Concurrent;
using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Record;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Scenarios;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill;

/// <summary>Runs a scenario, from starting its processes to the verdict.</summary>
internal sealed class DrillRunner(string host, TimeSpan after, double? rate, int seed)
{
    /// <summary>
    /// The longest answers take 6 s: from then on the load is steady. Processes that have just started are slow for some
    /// seconds more, while their code is compiled, and would make what comes before the fault look bad.
    /// </summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(16);

    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(4);

    /// <summary>Every gauge is 0 so long after the load's end (design.md 10).</summary>
    private static readonly TimeSpan ZeroWithin = TimeSpan.FromSeconds(5);

    private const int MostLogged = 300;

    private static readonly string[] FaultMarks = [" fail: ", " crit: ", "Unhandled exception"];

    public async Task<ScenarioResult> RunAsync(Scenario scenario)
    {
        try
        {
            await using var rig = await DrillRig.StartAsync(scenario.Layout, host);
            return await RunAsync(scenario, rig);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or InvalidOperationException or OperationCanceledException or FileNotFoundException)
        {
            return ScenarioResult.NotRun(scenario.Name, error.Message);
        }
    }

    private async Task<ScenarioResult> RunAsync(Scenario scenario, DrillRig rig)
    {
        var layout = scenario.Layout;
        var clock = new DrillClock();
        await using var load = new OpenLoopLoad(new SingleTarget(rig.Client), layout.Load with { Rate = rate ?? layout.Load.Rate }, seed, clock);
        var run = new DrillRun(rig, load, clock);
        string? broken = null;
        try
        {
            await DrillRun.RunOnAsync(WarmUp - Steady);
            var processors = ProcessorTime.Read();
            await DrillRun.RunOnAsync(Steady);
            run.MachineBusy = ProcessorTime.Read().BusySince(processors);
            await scenario.RunAsync(run);
            var faultAt = run.Strikes.Count > 0 ? run.Strikes[^1].At : clock.Now;
            if (faultAt + after - clock.Now is var left && left > TimeSpan.Zero)
            {
                await DrillRun.RunOnAsync(left);
            }
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or InvalidOperationException or OperationCanceledException)
        {
            // The scenario did not get to its end; what was recorded is judged all the same.
            broken = $"the scenario broke off: {error.Message}";
        }

        await load.EndAsync();
        var (zeroMs, notZero) = await Gauges.ZeroAsync([rig.Control], rig.Engines, ZeroWithin);
        var history = new DrillHistory
        {
            Records = load.Records,
            Stories = await StoriesAsync(rig.Control, load.Records),
            Events = await rig.Control.EventsAsync(),
            Strikes = run.Strikes,
            OutageUntil = run.OutageUntil,
        };
        return Judge(scenario, run, history, zeroMs, [.. notZero.Select(line => $"not 0 after 5 s: {line}"), .. SiloFaults(rig), .. broken is null ? Array.Empty<string>() : [broken]]);
    }

    private static ScenarioResult Judge(Scenario scenario, DrillRun run, DrillHistory history, double? zeroMs, IReadOnlyList<string> alsoBroken)
    {
        var figures = ScenarioFigures.Of(history);
        scenario.Verify(run, history);
        List<string> why = [.. scenario.Promises.Broken(figures), .. run.Broken, .. alsoBroken, .. run.Unverified];
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
            DetectMs = scenario.EndsBindings ? Round(figures.DetectMs) : null,
            GapMsP99 = Round(figures.GapMsP99),
            HeldMs = Round(figures.HeldMs),
            RecoverMs = Round(figures.RecoverMs),
            SchedulableMs = Round(figures.SchedulableMs),
            OthersTtftRatio = Round(figures.OthersTtftRatio),
            TtftMsP99Before = Round(figures.TtftMsP99Before),
            TtftMsP99After = Round(figures.TtftMsP99After),
            MachineBusy = Round(run.MachineBusy),
            Moved = figures.Moved,
            InFlight = run.InFlight,
            ZeroMs = Round(zeroMs),
            Measures = run.Measures,
            Verified = run.Unverified.Count == 0 && run.Strikes.Count + run.Measures.Count > 0,
            Pass = why.Count == 0,
            Why = why,
            History = history,
            SiloOutput = run.Rig.Silo.Output,
        };
    }

    private static double? Round(double? value) => value is { } some ? Math.Round(some, 2) : null;

    private static IEnumerable<string> SiloFaults(DrillRig rig)
    {
        if (rig.Silo.HasExited)
        {
            yield return $"the silo has ended, code {rig.Silo.ExitCode}";
        }

        // A stream that is cut on purpose is logged by Kestrel as a fault; the request itself is judged already.
        var faults = rig.Silo.Output.Split('\n')
            .Where(line => FaultMarks.Any(mark => line.Contains(mark, StringComparison.Ordinal)) && !line.Contains("StreamCutException", StringComparison.Ordinal))
            .ToList();
        if (faults.Count > 0)
        {
            yield return $"{faults.Count} faults in the silo's log, the first: {faults[0][..Math.Min(faults[0].Length, MostLogged)]}";
        }
    }

    private static async Task<IReadOnlyDictionary<string, RequestStory>> StoriesAsync(ControlPort control, IReadOnlyList<RequestRecord> records)
    {
        var stories = new ConcurrentDictionary<string, RequestStory>();
        await Parallel.ForEachAsync(records.Select(record => record.Id).OfType<string>(), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (id, _) =>
        {
            if (await control.RequestAsync(id) is { } story)
            {
                stories[id] = story;
            }
        });
        return stories;
    }
}
