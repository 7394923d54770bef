using Krewe.Core.Routing;

namespace Krewe.Fleet.Instances;

/// <param name="Outcome">Bound, or the refusal.</param>
/// <param name="View">The true state and load after the call; null when the instance is unknown.</param>
public readonly record struct BindReply(BindOutcome Outcome, InstanceView? View);
