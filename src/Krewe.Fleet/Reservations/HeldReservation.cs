using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;

namespace Krewe.Fleet.Reservations;

/// <summary>One reservation that an attempt of this silo holds.</summary>
/// <param name="Leg">Which half of which attempt.</param>
/// <param name="Instance">Where.</param>
/// <param name="Epoch">The epoch that it was taken from.</param>
/// <param name="Tokens">Estimated prompt tokens.</param>
/// <param name="OnEpochLost">Told when the epoch is lost, with the evidence; may be called more than once, from any thread.</param>
public sealed record HeldReservation(AttemptLeg Leg, InstanceId Instance, Epoch Epoch, long Tokens, Action<EvidenceKind?> OnEpochLost);
