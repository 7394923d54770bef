using Krewe.Core.Identity;
using Krewe.Core.Load;

namespace Krewe.Fleet.Instances;

/// <summary>A load report from one incarnation, numbered by it.</summary>
/// <param name="Incarnation">Who sends it.</param>
/// <param name="Sequence">Its number; only a newer one counts.</param>
/// <param name="EngineSeen">How long ago the agent last had an answer from its engine.</param>
/// <param name="Load">The engine's load.</param>
public sealed record HeartbeatCommand(IncarnationId Incarnation, long Sequence, TimeSpan EngineSeen, ReportedLoad Load);
