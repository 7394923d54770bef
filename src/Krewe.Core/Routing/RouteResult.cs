namespace Krewe.Core.Routing;

/// <summary>The candidate to ask first. Where one instance serves both, both halves are the same object.</summary>
/// <param name="Outcome">Whether there is one; the halves are null unless it is <see cref="RouteOutcome.Found"/>.</param>
/// <param name="Prefill">The prefill half.</param>
/// <param name="Decode">The decode half.</param>
public readonly record struct RouteResult(RouteOutcome Outcome, InstanceView? Prefill, InstanceView? Decode)
{
    public static RouteResult OnOne(InstanceView instance) => new(RouteOutcome.Found, instance, instance);

    public static RouteResult Without(RouteOutcome outcome) => new(outcome, null, null);

    public bool IsFound => Outcome is RouteOutcome.Found;

    public bool IsDisaggregated => !ReferenceEquals(Prefill, Decode);
}
