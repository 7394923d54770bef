using Krewe.Core.Identity;

namespace Krewe.Core.Instances;

/// <summary>An incarnation that another has displaced, provisionally: it can register back until the other is confirmed.</summary>
/// <param name="Incarnation">Who.</param>
/// <param name="Admin">What operators want of it, kept for its return: admin belongs to (name, incarnation).</param>
public sealed record DisplacedIncarnation(IncarnationId Incarnation, AdminState Admin);
