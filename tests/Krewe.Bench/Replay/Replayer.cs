using Krewe.Core.Routing;

namespace Krewe.Bench.Replay;

/// <summary>All policies over one trace, and each with several silos against the same with one.</summary>
internal static class Replayer
{
    public static ReplayReport Run(string name, IReadOnlyList<TraceRequest> trace, ReplayOptions options, IReadOnlyList<IRoutingPolicy> policies, TextWriter? progress = null)
    {
        var ideal = IdealCache.HitRate(trace, options);
        var results = new List<ReplayReport.PolicyResult>();
        var skews = new List<ReplayReport.SkewResult>();
        foreach (var policy in policies)
        {
            progress?.WriteLine($"{policy.Name} …");
            var one = new ReplayRun(trace, options with { Silos = 1 }, policy).Run();
            results.Add(OfIdeal(one.Result, ideal));
            if (options.Silos > 1)
            {
                var many = new ReplayRun(trace, options, policy).Run();
                results.Add(OfIdeal(many.Result, ideal));
                skews.Add(Skew(one, many));
            }
        }

        return new ReplayReport
        {
            Trace = name,
            Requests = trace.Count,
            Fleet = options.ToString(),
            IdealHitRate = ideal,
            Policies = results,
            Skew = skews.Count > 0 ? skews : null,
        };
    }

    private static ReplayReport.PolicyResult OfIdeal(ReplayReport.PolicyResult result, double ideal) => result with { OfIdeal = ideal > 0 ? result.HitRate / ideal : 0 };

    private static ReplayReport.SkewResult Skew(ReplayOutcome one, ReplayOutcome many) => new(
        many.Result.Name,
        many.Result.Silos,
        Change(one.Result.HitRate, many.Result.HitRate),
        Change(one.Result.TtftMs.P50, many.Result.TtftMs.P50),
        Change(one.Result.TtftMs.P90, many.Result.TtftMs.P90),
        one.LoadShares.Zip(many.LoadShares, (left, right) => Math.Abs(left - right)).Sum() / 2,
        many.Skew!.Decisions,
        many.Skew.Regret,
        many.Skew.CachedTokens);

    private static double Change(double from, double to) => from == 0 ? 0 : (to - from) / from;
}
