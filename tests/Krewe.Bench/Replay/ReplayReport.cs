using System.Text.Json;

namespace Krewe.Bench.Replay;

/// <summary>The result of <c>replay</c>, in the shape of the contract.</summary>
internal sealed record ReplayReport
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required string Trace { get; init; }

    public required int Requests { get; init; }

    /// <summary>The fleet in words.</summary>
    public required string Fleet { get; init; }

    /// <summary>Share of all prompt tokens that <see cref="IdealCache"/> finds.</summary>
    public required double IdealHitRate { get; init; }

    public required IReadOnlyList<PolicyResult> Policies { get; init; }

    /// <summary>Where there are several silos: each policy against the same with one.</summary>
    public IReadOnlyList<SkewResult>? Skew { get; init; }

    internal sealed record Spread(double P50, double P90, double P99)
    {
        /// <summary>By nearest rank; sorts the values.</summary>
        public static Spread Of(List<float> values)
        {
            values.Sort();
            return new Spread(At(0.5), At(0.9), At(0.99));

            double At(double share) => values.Count == 0 ? 0 : values[(int)Math.Ceiling(share * values.Count) - 1];
        }
    }

    /// <param name="Name">The policy.</param>
    /// <param name="Silos">Silos that routed.</param>
    /// <param name="HitRate">Share of all prompt tokens that were found in the cache of the instance that computed them.</param>
    /// <param name="OfIdeal">That over the ideal.</param>
    /// <param name="TtftMs">Arrival to first token, milliseconds.</param>
    /// <param name="ItlMs">Between two tokens of an answer, milliseconds.</param>
    /// <param name="E2eMs">Arrival to last token, milliseconds.</param>
    /// <param name="Goodput">Requests per second of virtual time that kept to the SLO.</param>
    /// <param name="WithinSlo">Their share.</param>
    /// <param name="Queued">Requests that found no room at first.</param>
    /// <param name="Imbalance">Computed prompt tokens of the instance that computed most, over the mean of all.</param>
    /// <param name="DecisionUs">Real time of a routing decision, microseconds.</param>
    internal sealed record PolicyResult(
        string Name, int Silos, double HitRate, double OfIdeal, Spread TtftMs, Spread ItlMs, Spread E2eMs,
        double Goodput, double WithinSlo, int Queued, double Imbalance, Spread DecisionUs);

    /// <param name="Name">The policy.</param>
    /// <param name="Silos">Silos that routed.</param>
    /// <param name="Draws">Times that each was played, with other draws; the rest are means of them.</param>
    /// <param name="HitRate">Difference of the hit rates, over one silo's.</param>
    /// <param name="TtftP50">Difference of the median TTFT, over one silo's.</param>
    /// <param name="TtftP90">Difference of the p90 TTFT, over one silo's.</param>
    /// <param name="Load">Difference of each instance's mean share of the computed tokens, all added up, halved.</param>
    /// <param name="LoadNoise">The same between one silo and one silo with other draws, each played once: what chance alone does to a run. Null with one draw.</param>
    /// <param name="LoadDecided">Share of the tokens to compute whose decision a silo which knows everything at once would have made otherwise, in the same state of the fleet.</param>
    /// <param name="Decisions">Share of decisions that a silo which knows everything at once would have made otherwise, by the same draws.</param>
    /// <param name="DecisionsByViews">Of these, as a share of all, those that knowing every load would have set right.</param>
    /// <param name="DecisionsByPrefixes">Of these, as a share of all, those that knowing every prompt would have set right.</param>
    /// <param name="Regret">What those cost: tokens until the first token beyond those of the other choice, as all was known, over those of all requests.</param>
    /// <param name="CachedTokens">Mean difference between what a silo took for cached and what one that knows everything did, over all prompt tokens.</param>
    internal sealed record SkewResult(
        string Name, int Silos, int Draws, double HitRate, double TtftP50, double TtftP90, double Load, double? LoadNoise, double LoadDecided,
        double Decisions, double DecisionsByViews, double DecisionsByPrefixes, double Regret, double CachedTokens);
}
