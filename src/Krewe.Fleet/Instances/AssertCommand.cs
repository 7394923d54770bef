using Krewe.Core.Identity;

namespace Krewe.Fleet.Instances;

/// <summary>All reservations that <paramref name="Silo"/> holds on one epoch of an instance.</summary>
public sealed record AssertCommand(SiloId Silo, Epoch Epoch, IReadOnlyList<HeldLeg> Legs);
