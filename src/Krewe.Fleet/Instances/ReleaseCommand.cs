using Krewe.Core.Identity;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;

namespace Krewe.Fleet.Instances;

/// <param name="Leg">Which half of which attempt.</param>
/// <param name="Epoch">The epoch that it was taken from.</param>
/// <param name="Verdict">What the breaker should book.</param>
/// <param name="ConnectionFailed">Whether the engine's address refused or reset the connection: the instance is probed at once.</param>
public readonly record struct ReleaseCommand(AttemptLeg Leg, Epoch Epoch, AttemptVerdict Verdict, bool ConnectionFailed);
