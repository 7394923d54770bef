using Krewe.Core.Identity;

namespace Krewe.Core.Load;

/// <summary>The half of an attempt that holds a reservation: the ledger's key.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Kind">Which half of it.</param>
/// <param name="Round">Which try at reserving, before anything was dispatched: what was given back is never taken again under the same key.</param>
public readonly record struct AttemptLeg(AttemptId Attempt, LegKind Kind, int Round = 0);
