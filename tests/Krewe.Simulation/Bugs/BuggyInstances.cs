using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary>Where the seeded bugs of actors sit: before the checks, as a caller's bug, or behind them, as the actor's own.</summary>
internal static class BuggyInstances
{
    public static IInstanceRef Sending(IInstanceRef instance, SimSilo silo, SiloParts parts) => instance;

    public static IInstanceRef Arriving(InstanceId id, IInstanceRef instance, SimSilo silo, SiloParts parts) => instance;
}
