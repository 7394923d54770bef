using Krewe.Bench.Replay;
using Krewe.Core.Routing;

namespace Krewe.EndToEnd.Tests.Replay;

/// <summary>Traces made from seeds, played in virtual time: no process, and nothing of this machine in the figures but the decisions' cost.</summary>
public sealed class ReplayTests
{
    private static readonly ReplayOptions Fleet = new() { Prefill = 4, Decode = 2, KvTokens = 120_000 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Three_silos_decide_as_one_does_within_two_percent(int seed)
    {
        // Four times each: where a whole run puts its load hangs on its draws (one silo differs from itself by 2 to 5 %).
        var report = Run((ulong)seed, Fleet with { Silos = 3, Draws = 4 }, RoutingPolicies.PrefixAware, RoutingPolicies.PowerOfTwo);

        Assert.All(report.Skew!, skew =>
        {
            Assert.InRange(skew.HitRate, -0.02, 0.02);
            Assert.InRange(skew.Load, 0, 0.02);
            Assert.InRange(skew.LoadDecided, 0, 0.02);
            Assert.InRange(skew.Decisions, 0, 0.02);
            Assert.InRange(skew.Regret, 0, 0.02);
        });
    }

    [Fact]
    public void Silos_that_hear_of_each_other_too_late_are_found_out()
    {
        // The same with nothing but frames of 5 s: the measure is no measure that cannot fail.
        var late = Fleet with { Silos = 3, SendsUrgently = false, FrameInterval = TimeSpan.FromSeconds(5) };
        var skew = Assert.Single(Run(1, late, RoutingPolicies.PrefixAware).Skew!);

        Assert.True(skew.Decisions > 0.05 && skew.LoadDecided > 0.02 && skew.Regret > 0.02, skew.ToString());
    }

    [Fact]
    public void News_that_does_not_wait_for_the_regular_frame_makes_most_of_the_difference()
    {
        var prompt = Fleet with { Silos = 3, Draws = 2 };
        double skew = Decisions(prompt), waiting = Decisions(prompt with { SendsUrgently = false });

        Assert.True(skew < waiting / 3, $"{skew} {waiting}");

        static double Decisions(ReplayOptions fleet) => Run(1, fleet, RoutingPolicies.PrefixAware).Skew![0].Decisions;
    }

    [Theory]
    [InlineData(4, 2, 0)]
    [InlineData(0, 0, 4)]
    public void Prefix_aware_hits_nearly_what_one_cache_would_and_answers_sooner(int prefill, int decode, int mixed)
    {
        var report = Run(1, Fleet with { Prefill = prefill, Decode = decode, Mixed = mixed, KvTokens = 400_000 }, RoutingPolicies.LeastLoaded, RoutingPolicies.PrefixAware);
        var (least, aware) = (report.Policies[0], report.Policies[1]);

        Assert.True(aware.OfIdeal > 0.95 && least.OfIdeal < 0.8, $"{report}");
        Assert.True(aware.TtftMs.P90 < least.TtftMs.P90, $"{aware.TtftMs} {least.TtftMs}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_figures()
    {
        var (first, second) = (Run(5, Fleet, RoutingPolicies.PrefixAware).Policies[0], Run(5, Fleet, RoutingPolicies.PrefixAware).Policies[0]);

        Assert.Equal(first with { DecisionUs = second.DecisionUs }, second);
    }

    [Fact]
    public void A_trace_without_block_ids_hits_nothing()
    {
        var trace = SyntheticTrace.Make(1, 200, 4).Select(request => request with { BlockIds = [] }).ToList();
        var report = Replayer.Run("plain", trace, Fleet, [Policy(RoutingPolicies.PrefixAware)]);

        Assert.Equal((0.0, 0.0), (report.IdealHitRate, report.Policies[0].HitRate));
        Assert.True(report.Policies[0].TtftMs.P50 > 0);
    }

    [Fact]
    public void Both_formats_are_read_and_equal_times_are_spread()
    {
        var folder = Directory.CreateTempSubdirectory("replay");
        try
        {
            var mooncake = Path.Combine(folder.FullName, "trace.jsonl");
            File.WriteAllLines(mooncake, [
                """{"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0, 1]}""",
                """{"timestamp": 0, "input_length": 512, "output_length": 6, "hash_ids": [0]}""",
                """{"timestamp": 3000, "input_length": 1, "output_length": 7, "hash_ids": [9]}"""]);
            var azure = Path.Combine(folder.FullName, "trace.csv");
            File.WriteAllLines(azure, ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:17:03.9799600,4808,10", "2023-11-16 18:17:04.0319600,110,27"]);

            Assert.Equal([0, 1500, 3000], TraceReader.Read(mooncake).Select(request => request.At.TotalMilliseconds));
            Assert.Equal([0, 1], TraceReader.Read(mooncake)[0].BlockIds);
            Assert.Equal([(0.0, 4808, 10), (52.0, 110, 27)], TraceReader.Read(azure).Select(request => (request.At.TotalMilliseconds, request.InputTokens, request.OutputTokens)));

            File.AppendAllText(mooncake, """{"timestamp": 4000, "input_length": 5000, "output_length": 7, "hash_ids": [9]}""");
            Assert.Contains("trace.jsonl:4: hash_ids holds 1 blocks", Assert.Throws<FormatException>(() => TraceReader.Read(mooncake)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ReplayReport Run(ulong seed, ReplayOptions fleet, params string[] policies) =>
        Replayer.Run("synthetic", SyntheticTrace.Make(seed, 2_000, 4), fleet with { Seed = seed }, [.. policies.Select(Policy)]);

    private static IRoutingPolicy Policy(string name) => RoutingPolicies.All.Single(policy => policy.Name == name);
}
