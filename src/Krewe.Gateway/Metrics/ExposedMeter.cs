namespace Krewe.Gateway.Metrics;

/// <summary>A meter that <c>/metrics</c> shows beside Krewe's own; registered as a service by whoever brings it.</summary>
/// <param name="Name">The meter's.</param>
/// <param name="Instruments">Those of its instruments that are shown: not all that a framework measures is worth its cost.</param>
public sealed record ExposedMeter(string Name, IReadOnlySet<string> Instruments);
