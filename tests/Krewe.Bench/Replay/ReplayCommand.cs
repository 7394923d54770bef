using System.CommandLine;
using System.Text.Json;
using Krewe.Core.Routing;

namespace Krewe.Bench.Replay;

/// <summary><c>tests/bench replay</c>: a trace against the routing policies, in virtual time.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var usual = new ReplayOptions();
        var trace = new Option<FileInfo>("--trace") { Description = "Mooncake's .jsonl or Azure's .csv.", Required = true };
        var policy = new Option<string>("--policy") { Description = "Policies, with commas between.", DefaultValueFactory = _ => string.Join(',', RoutingPolicies.All.Select(known => known.Name)) };
        var prefill = Count("--prefill", "Prefill instances; with 0 all of --mixed serve whole requests.", usual.Prefill);
        var decode = Count("--decode", "Decode instances.", usual.Decode);
        var mixed = Count("--mixed", "Mixed instances.", usual.Mixed);
        var silos = Count("--silos", "Silos that route; above 1 the skew against one is told.", usual.Silos);
        var kv = Count("--kv-tokens", "KV cache of each instance, in tokens.", usual.KvTokens);
        var most = new Option<int?>("--requests") { Description = "Only so many of the trace's first requests." };
        var seed = new Option<ulong>("--seed") { Description = "Of the policies' draws.", DefaultValueFactory = _ => usual.Seed };
        var draws = Count("--draws", "How often each policy is played, with other draws each time; the skew is of the means.", usual.Draws);
        var speed = new Option<double>("--speed") { Description = "How many times as fast as the trace requests come.", DefaultValueFactory = _ => usual.Speed };
        var ttft = new Option<double>("--slo-ttft-ms") { Description = "SLO: time to first token, ms.", DefaultValueFactory = _ => usual.TtftSlo.TotalMilliseconds };
        var itl = new Option<double>("--slo-itl-ms") { Description = "SLO: a request's mean time between tokens, ms.", DefaultValueFactory = _ => usual.ItlSlo.TotalMilliseconds };
        var json = new Option<FileInfo?>("--json") { Description = "Writes the result there, as one JSON object." };
        var command = new Command("replay", "Replays a trace against the routing policies in virtual time.") { trace, policy, prefill, decode, mixed, silos, kv, most, seed, draws, speed, ttft, itl, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var file = parsed.GetValue(trace)!;
            var options = new ReplayOptions
            {
                Prefill = parsed.GetValue(prefill),
                Decode = parsed.GetValue(decode),
                Mixed = parsed.GetValue(mixed),
                Silos = parsed.GetValue(silos),
                KvTokens = parsed.GetValue(kv),
                Speed = parsed.GetValue(speed),
                Seed = parsed.GetValue(seed),
                Draws = parsed.GetValue(draws),
                TtftSlo = TimeSpan.FromMilliseconds(parsed.GetValue(ttft)),
                ItlSlo = TimeSpan.FromMilliseconds(parsed.GetValue(itl)),
            };
            if (options.Error() is { } wrong || !TryPolicies(parsed.GetValue(policy)!, out var policies, out wrong))
            {
                await Console.Error.WriteLineAsync($"bench: {wrong}");
                return 2;
            }

            List<TraceRequest> requests;
            try
            {
                requests = TraceReader.Read(file.FullName, parsed.GetValue(most));
            }
            catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"bench: {error.Message}");
                return 2;
            }

            var report = Replayer.Run(file.Name, requests, options, policies, Console.Error);
            ReplayTable.Print(report, Console.Out);
            if (parsed.GetValue(json) is { } to)
            {
                await File.WriteAllTextAsync(to.FullName, JsonSerializer.Serialize(report, ReplayReport.Json), cancellationToken);
            }

            return 0;
        });
        return command;

        static Option<int> Count(string name, string description, int usual) => new(name) { Description = description, DefaultValueFactory = _ => usual };
    }

    private static bool TryPolicies(string names, out List<IRoutingPolicy> policies, out string? wrong)
    {
        (policies, wrong) = ([], null);
        foreach (var name in names.Split(','))
        {
            if (!RoutingPolicies.TryGet(name, out var policy))
            {
                wrong = $"--policy: '{name}' is none of {string.Join(", ", RoutingPolicies.All.Select(known => known.Name))}.";
                return false;
            }

            policies.Add(policy);
        }

        return true;
    }
}
