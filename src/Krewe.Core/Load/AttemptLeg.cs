using Krewe.Core.Identity;

namespace Krewe.Core.Load;

/// <summary>The half of an attempt that holds a reservation: the ledger's key.</summary>
public readonly record struct AttemptLeg(AttemptId Attempt, LegKind Kind);
