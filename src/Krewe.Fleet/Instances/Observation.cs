using Krewe.Core.Identity;

namespace Krewe.Fleet.Instances;

/// <summary>Evidence from a gateway on one epoch of an instance.</summary>
public readonly record struct Observation(ObservationKind Kind, Epoch Epoch);
