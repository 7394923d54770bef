using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Fleet.Feeds;

/// <summary>The attempts that are bound to this epoch must fail over.</summary>
/// <param name="Instance">The instance.</param>
/// <param name="Epoch">The lost epoch.</param>
/// <param name="Evidence">Dead or silent; null when it was not evidence that ended it.</param>
public readonly record struct EpochLoss(InstanceId Instance, Epoch Epoch, EvidenceKind? Evidence);
