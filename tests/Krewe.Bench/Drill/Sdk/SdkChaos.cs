using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Sdk;

/// <summary>
/// A back end that uses the SDK streams a thousand answers while silos and engines are killed at random, and silos told to
/// go: on the local host one silo, which is started again; on Orleans three. No answer may fail, nor have a token too few
/// or too many.
/// </summary>
internal sealed class SdkChaos(string host, int seed)
{
    public const string Name = "sdk-chaos";

    private const int Answers = 1_000;
    private const int Users = 24;

    /// <summary>So many of each kind must have been done, under load, for the drill to count.</summary>
    private const int LeastOfEach = 2;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, double> _done = new() { ["siloKills"] = 0, ["siloTerminations"] = 0, ["engineKills"] = 0 };
    private readonly List<string> _unverified = [];
    private int _leastUnderWay = int.MaxValue;

    public async Task<ScenarioResult> RunAsync()
    {
        if (host == "orleans" && ClusterStores.Missing is { } missing)
        {
            return ScenarioResult.NotRunnable(Name, missing);
        }

        try
        {
            await using var rig = await SdkRig.StartAsync(host);
            return await RunAsync(rig);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or InvalidOperationException or OperationCanceledException or FileNotFoundException or IOException)
        {
            return ScenarioResult.NotRun(Name, error.Message);
        }
    }

    private async Task<ScenarioResult> RunAsync(SdkRig rig)
    {
        using var answers = new SdkAnswers(rig.BackendUrl, seed);
        await answers.LearnAsync();
        var load = answers.RunAsync(Answers, Users);
        string? broken = null;
        try
        {
            await DisturbAsync(rig, answers, load);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or InvalidOperationException or OperationCanceledException or IOException)
        {
            broken = $"the chaos broke off: {error.Message}";
        }

        await load;
        var (zeroMs, left) = await Gauges.ZeroAsync([.. rig.Silos.Select(silo => silo.Control)], rig.All, TimeSpan.FromSeconds(10));
        List<string> why =
        [
            .. Count(answers.Failed, "answers failed"), .. Count(answers.Hung, "answers hung"), .. Count(answers.Lost, "tokens lost"),
            .. Count(answers.Doubled, "tokens doubled"), .. Count(answers.Foreign, "foreign tokens"), .. answers.Wrongs,
            .. left.Where(line => !IsUntold(line)).Select(line => $"not 0: {line}"), .. broken is null ? Array.Empty<string>() : [broken], .. Faults(rig),
        ];
        Verify();
        return new ScenarioResult
        {
            Name = Name,
            Requests = answers.Done,
            Failed = answers.Failed,
            Hung = answers.Hung,
            Lost = answers.Lost,
            Doubled = answers.Doubled,
            Stale = 0,
            Foreign = answers.Foreign,
            GapMsP99 = Percentile.P99(answers.Gaps) is { } gap ? Math.Round(gap) : null,
            Moved = 0,
            InFlight = _leastUnderWay,
            ZeroMs = zeroMs,
            Measures = _done,
            Verified = _unverified.Count == 0,
            Pass = why.Count == 0 && _unverified.Count == 0,
            Why = [.. why, .. _unverified],
            SiloOutput = string.Join('\n', rig.Silos.Select(silo => silo.Output)),
        };
    }

    /// <summary>One thing after another, each made good before the next, until all answers are there and each kind was done often enough.</summary>
    private async Task DisturbAsync(SdkRig rig, SdkAnswers answers, Task load)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        for (var turn = 0; !load.IsCompleted; turn++)
        {
            var underWay = answers.UnderWay;
            if (underWay < Users / 2)
            {
                // At the end there is nobody left to be disturbed.
                return;
            }

            _leastUnderWay = Math.Min(_leastUnderWay, underWay);

            // Each kind in turn, whom it hits and when is chance.
            switch (turn % 3)
            {
                case 0:
                    await SiloAsync(rig, Signals.Kill, "siloKills");
                    break;
                case 1:
                    await EngineAsync(rig);
                    break;
                default:
                    await SiloAsync(rig, Signals.Terminate, "siloTerminations");
                    break;
            }

            await Task.WhenAny(load, Task.Delay(TimeSpan.FromMilliseconds(_random.Next(500, 2_500))));
        }
    }

    private async Task SiloAsync(SdkRig rig, int signal, string what)
    {
        var silo = rig.Silos[_random.Next(rig.Silos.Count)];
        await silo.EndAsync(signal);
        await Task.Delay(_random.Next(1_000));
        await silo.StartAsync();
        await rig.ServingAsync(TimeSpan.FromSeconds(60));
        _done[what]++;
    }

    private async Task EngineAsync(SdkRig rig)
    {
        var engine = rig.All[_random.Next(rig.All.Count)];
        await engine.KillAsync();
        await Task.Delay(_random.Next(1_000));
        await engine.StartAsync();
        await rig.ServingAsync(TimeSpan.FromSeconds(60));
        _done["engineKills"]++;
    }

    private void Verify()
    {
        foreach (var (what, count) in _done)
        {
            if (count < LeastOfEach)
            {
                _unverified.Add($"{what}: {count}, fewer than {LeastOfEach}");
            }
        }
    }

    /// <summary>A silo's last life may not have been asked anything yet: then it has no such figure.</summary>
    private static bool IsUntold(string line) => line.EndsWith(" is not told", StringComparison.Ordinal);

    private static IEnumerable<string> Count(int count, string what)
    {
        if (count > 0)
        {
            yield return $"{count} {what}";
        }
    }

    private static IEnumerable<string> Faults(SdkRig rig)
    {
        if (rig.Backend.Output.Split('\n').FirstOrDefault(line => line.Contains("Krewe.Client.KreweException", StringComparison.Ordinal)) is { } first)
        {
            yield return $"the back end wrote: {first[..Math.Min(first.Length, 300)]}";
        }
    }
}
