using System.Globalization;

namespace Krewe.Simulation.Plans;

/// <param name="Kind">What happens.</param>
/// <param name="At">When.</param>
/// <param name="Target">To which instance; empty for the silo and the store.</param>
/// <param name="For">How long it lasts.</param>
/// <param name="Value">A choice that the kind leaves open.</param>
internal sealed record PlannedFault(FaultKind Kind, TimeSpan At, string Target, TimeSpan For, int Value)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{At.TotalSeconds,7:F3} s  {Kind} {Target} for {For.TotalSeconds:F3} s, choice {Value}");
}
