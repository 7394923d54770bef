using Krewe.Core.Load;

namespace Krewe.Fleet.Instances;

/// <summary>A reservation that a silo still holds.</summary>
public readonly record struct HeldLeg(AttemptLeg Leg, long Tokens);
