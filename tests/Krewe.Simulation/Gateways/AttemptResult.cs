using Krewe.Core.Load;
using Krewe.Core.Requests;

namespace Krewe.Simulation.Gateways;

/// <param name="Cause">Why the attempt ended.</param>
/// <param name="Leg">The half of the binding that it is about.</param>
internal readonly record struct AttemptResult(AttemptCause Cause, LegKind Leg);
