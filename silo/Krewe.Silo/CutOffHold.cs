using Krewe.Fleet.Feeds;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Silo;

/// <summary>Holds the readiness back of a silo that is cut off from the others: they are about to declare it dead.</summary>
internal sealed class CutOffHold(FleetSharing sharing) : IReadinessHold
{
    public bool IsHeld => sharing.IsCutOff;

    public string Reason => "This silo is cut off from most of the others.";
}
