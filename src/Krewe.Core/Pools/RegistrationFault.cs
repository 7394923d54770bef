namespace Krewe.Core.Pools;

/// <summary>What is wrong with a registration.</summary>
/// <param name="Kind">Which rule it breaks.</param>
/// <param name="Field">JSON path of the field in the registration; empty where it is none of them.</param>
/// <param name="Message">The rule, to be read after the field's name, such as <c>must be 1 to 100000</c>.</param>
public sealed record RegistrationFault(RegistrationFaultKind Kind, string Field, string Message);
