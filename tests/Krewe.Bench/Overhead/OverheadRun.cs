using System.Text;
using Krewe.Bench.Load;

namespace Krewe.Bench.Overhead;

/// <summary>Measures all targets in turn, several times over, so that what the machine does besides falls on all of them.</summary>
internal sealed class OverheadRun(OverheadRig rig, TimeSpan length, int rounds, TimeSpan warm)
{
    private const string Path = "/v1/chat/completions";
    private const int StreamTokens = 200;
    private const int StreamConnections = 64;

    private static readonly int[] Connections = [1, 32, 128];

    private readonly Dictionary<(string Target, int Connections), List<Sample>> _samples = [];
    private readonly Dictionary<string, List<double>> _events = [];
    private readonly Dictionary<string, GrainFigures> _grains = [];
    private readonly List<double> _addedAtHalf = [];
    private readonly List<double> _bareAddedAtHalf = [];
    private long _errors;

    public async Task<OverheadReport> RunAsync()
    {
        await WarmAsync();
        if (rig.Host == "orleans" && rig.Silos == 1)
        {
            foreach (var target in rig.Fast.Where(target => target.Name is "mixed" or "pd"))
            {
                _grains[target.Name] = await CountAsync(target);
            }
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var connections in Connections)
            {
                foreach (var target in rig.Fast)
                {
                    Book(_samples, (target.Name, connections), await CallAsync(target, connections, length));
                }
            }
        }

        // Until the just-in-time compiler is done with the streaming paths too, in processes that served nothing else.
        foreach (var target in rig.Paced.Skip(1))
        {
            await CallAsync(target, 32, TimeSpan.FromSeconds(3));
            await StreamAsync(target);
            await StreamAsync(target);
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var target in rig.Paced.Skip(1))
            {
                Book(_events, target.Name, await StreamAsync(target));
            }

            await AtHalfRateAsync();
        }

        return Report();
    }

    // In turn, since the compiler works on beside the next target's requests.
    private async Task WarmAsync()
    {
        const int Turns = 5;
        for (var turn = 0; turn < Turns; turn++)
        {
            foreach (var target in rig.Fast)
            {
                await CallAsync(target, 32, warm / Turns);
            }
        }
    }

    private static byte[] Body(Target target, int tokens, bool stream) => Encoding.UTF8.GetBytes(
        $$"""{"model":"{{target.Model}}","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"Say something short about parades in New Orleans, please."}],"max_tokens":{{tokens}},"ignore_eos":true,"stream":{{(stream ? "true" : "false")}}}""");

    private async Task<Sample> CallAsync(Target target, int connections, TimeSpan duration)
    {
        var before = target.Cpu();
        var load = await LoadGenerator.ClosedAsync(target.Url, Path, Body(target, 4, stream: false), connections, duration, target.Headers);
        var cpu = target.Cpu() - before;
        _errors += load.Errors;
        return new Sample(load.PerSecond, load.Percentile(0.5), load.Percentile(0.99), cpu.TotalMicroseconds / Math.Max(1, load.Requests));
    }

    /// <summary>What a request makes Orleans do. Heartbeats and timers, a few a second, are lost among thousands of requests.</summary>
    private async Task<GrainFigures> CountAsync(Target target)
    {
        var before = await GrainFigures.ReadAsync(rig.Control);
        var load = await LoadGenerator.ClosedAsync(target.Url, Path, Body(target, 4, stream: false), 32, length);
        _errors += load.Errors;
        return (await GrainFigures.ReadAsync(rig.Control) - before) / Math.Max(1, load.Requests);
    }

    /// <summary>CPU per event of many long streams whose tokens come at a real pace.</summary>
    private async Task<double> StreamAsync(Target target)
    {
        var before = target.Cpu();
        var load = await LoadGenerator.ClosedAsync(target.Url, Path, Body(target, StreamTokens, stream: true), StreamConnections, TimeSpan.FromMilliseconds(1));
        var cpu = target.Cpu() - before;
        _errors += load.Errors;
        return cpu.TotalMicroseconds / Math.Max(1, load.Events);
    }

    private async Task AtHalfRateAsync()
    {
        var krewe = rig.Fast.Single(target => target.Name == "mixed");
        var direct = rig.Fast.Single(target => target.Name == "direct");
        var rate = Connections.Max(connections => Median(_samples[("mixed", connections)], sample => sample.PerSecond)) / 2;
        var with = await LoadGenerator.OpenAsync(krewe.Url, Path, Body(krewe, 4, stream: false), 32, length, rate);
        var without = await LoadGenerator.OpenAsync(direct.Url, Path, Body(direct, 4, stream: false), 32, length, rate);
        var bare = rig.Fast.Single(target => target.Name == "bare");
        var floor = await LoadGenerator.OpenAsync(bare.Url, Path, Body(bare, 4, stream: false), 32, length, rate);
        _errors += with.Errors + without.Errors + floor.Errors;
        _addedAtHalf.Add(with.Percentile(0.99) - without.Percentile(0.99));
        _bareAddedAtHalf.Add(floor.Percentile(0.99) - without.Percentile(0.99));
    }

    private OverheadReport Report()
    {
        // The cost of a request is taken where the process is busy: at 32 connections.
        double Request(string target) => Median(_samples[(target, 32)], sample => sample.CpuUs);
        double Event(string target) => Median(_events[target], cost => cost);
        return new OverheadReport
        {
            Host = rig.Host,
            Silos = rig.Silos,
            CpuUsPerRequest = new(Request("bare"), Request("mixed"), Request("pd")),
            CpuUsPerEvent = new(Event("bare"), Event("mixed"), Event("pd")),
            Ratio = new(Request("mixed") / Request("bare"), Request("pd") / Request("bare"), Event("mixed") / Event("bare")),
            AddedP99Ms = Median(_addedAtHalf, added => added),
            BareAddedP99Ms = Median(_bareAddedAtHalf, added => added),
            Grains = _grains.Count == 0 ? null : _grains.ToDictionary(entry => entry.Key, entry => new OverheadReport.GrainCosts(entry.Value.Messages, entry.Value.Activations)),
            Errors = _errors,
            Rows = [.. rig.Fast.SelectMany(target => Connections.Select(connections => Row(target.Name, connections)))],
        };
    }

    private OverheadReport.Row Row(string target, int connections)
    {
        var samples = _samples[(target, connections)];
        var direct = _samples[("direct", connections)];
        return new(
            target,
            connections,
            Median(samples, sample => sample.PerSecond),
            Median(samples, sample => sample.P50Ms) - Median(direct, sample => sample.P50Ms),
            Median(samples, sample => sample.P99Ms) - Median(direct, sample => sample.P99Ms),
            Median(samples, sample => sample.CpuUs));
    }

    private static void Book<TKey, TValue>(Dictionary<TKey, List<TValue>> books, TKey key, TValue value)
        where TKey : notnull
    {
        if (!books.TryGetValue(key, out var entries))
        {
            books[key] = entries = [];
        }

        entries.Add(value);
    }

    private static double Median<T>(List<T> samples, Func<T, double> value)
    {
        var sorted = samples.Select(value).Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    private sealed record Sample(double PerSecond, double P50Ms, double P99Ms, double CpuUs);
}
