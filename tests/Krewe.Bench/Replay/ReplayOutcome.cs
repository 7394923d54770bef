namespace Krewe.Bench.Replay;

/// <summary>What a run gave, before it is compared with others.</summary>
/// <param name="Result">For the report; what is over the ideal is 0 yet.</param>
/// <param name="LoadShares">Of each instance that computes prompts: its share of the tokens computed.</param>
/// <param name="Skew">Decisions against those of a silo that knows everything; null with one silo.</param>
internal sealed record ReplayOutcome(ReplayReport.PolicyResult Result, double[] LoadShares, SkewMeter? Skew);
