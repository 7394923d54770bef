using System.Globalization;

namespace Krewe.Simulation.Checks;

/// <summary>A promise that a run broke.</summary>
/// <param name="Invariant">Its short name.</param>
/// <param name="What">What was seen.</param>
/// <param name="At">When, since the run began.</param>
public sealed record Violation(string Invariant, string What, TimeSpan At)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Invariant} at {At.TotalSeconds:F4} s: {What}");
}
