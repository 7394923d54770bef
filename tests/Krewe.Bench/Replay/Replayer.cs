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
            var one = Play(trace, options with { Silos = 1 }, policy);
            results.Add(OfIdeal(one[0].Result, ideal));
            if (options.Silos > 1)
            {
                var many = Play(trace, options, policy);
                results.Add(OfIdeal(many[0].Result, ideal));
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

    private static ReplayOutcome[] Play(IReadOnlyList<TraceRequest> trace, ReplayOptions options, IRoutingPolicy policy) =>
        [.. Enumerable.Range(0, options.Draws).Select(draws => new ReplayRun(trace, options with { Seed = options.Seed + (ulong)draws }, policy).Run())];

    private static ReplayReport.SkewResult Skew(ReplayOutcome[] one, ReplayOutcome[] many) => new(
        many[0].Result.Name,
        many[0].Result.Silos,
        one.Length,
        Change(one, many, outcome => outcome.Result.HitRate),
        Change(one, many, outcome => outcome.Result.TtftMs.P50),
        Change(one, many, outcome => outcome.Result.TtftMs.P90),
        Distance(MeanShares(one), MeanShares(many)),
        one.Length > 1 ? one.Zip(one.Skip(1), (left, right) => Distance(left.LoadShares, right.LoadShares)).Average() : null,
        many.Average(outcome => outcome.Skew!.Load),
        many.Average(outcome => outcome.Skew!.Decisions),
        many.Average(outcome => outcome.Skew!.DecisionsByViews),
        many.Average(outcome => outcome.Skew!.DecisionsByPrefixes),
        many.Average(outcome => outcome.Skew!.Regret),
        many.Average(outcome => outcome.Skew!.CachedTokens));

    private static double[] MeanShares(ReplayOutcome[] outcomes) =>
        [.. Enumerable.Range(0, outcomes[0].LoadShares.Length).Select(at => outcomes.Average(outcome => outcome.LoadShares[at]))];

    private static double Distance(double[] left, double[] right) => left.Zip(right, (one, other) => Math.Abs(one - other)).Sum() / 2;

    private static double Change(ReplayOutcome[] one, ReplayOutcome[] many, Func<ReplayOutcome, double> of) => Change(one.Average(of), many.Average(of));

    private static double Change(double from, double to) => from == 0 ? 0 : (to - from) / from;
}
