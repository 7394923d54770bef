using System.Globalization;

namespace Krewe.Simulation.Plans;

/// <param name="Number">From 1.</param>
/// <param name="At">When the client calls.</param>
/// <param name="PromptTokens">Length of its prompt.</param>
/// <param name="OutputTokens">Length of its answer.</param>
/// <param name="Stream">Whether it streams.</param>
/// <param name="Splittable">Whether prefill and decode may be two instances.</param>
/// <param name="Deadline">Its time.</param>
/// <param name="LeavesAfter">When the client leaves, counted from its call; null if it stays.</param>
/// <param name="IsLast">Whether it comes when all is healed: then it must succeed.</param>
internal sealed record PlannedRequest(
    int Number,
    TimeSpan At,
    int PromptTokens,
    int OutputTokens,
    bool Stream,
    bool Splittable,
    TimeSpan Deadline,
    TimeSpan? LeavesAfter,
    bool IsLast)
{
    /// <summary>Whether its stream may go on elsewhere once something of it was shown: not where it has a seed, a grammar, and the like.</summary>
    public bool IsContinuable => PromptTokens % 6 != 0;

    /// <summary>Whether engines turn out to render a partial answer of its kind otherwise: found out by the attempt that is to go on.</summary>
    public bool TemplateFails => PromptTokens % 13 == 0;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{At.TotalSeconds,7:F3} s  request {Number}: {PromptTokens} + {OutputTokens} tokens, {(Stream ? "stream" : "whole")}, {(Splittable ? "any" : "one instance")}, deadline {Deadline.TotalSeconds:F3} s{(LeavesAfter is { } leaves ? $", leaves after {leaves.TotalSeconds:F3} s" : "")}");
}
