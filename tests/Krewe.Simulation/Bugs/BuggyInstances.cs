using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary>Where the seeded bugs of actors sit: before the checks, as a caller's bug, or behind them, as the actor's own.</summary>
internal static class BuggyInstances
{
    public static IInstanceRef Sending(InstanceId id, IInstanceRef instance, SimSilo silo, SeededBug bug) => bug switch
    {
        SeededBug.PeerNotReleased => new PeerNotReleased(id, instance, silo),
        SeededBug.SelectThenBind => new SelectThenBind(instance, silo),
        _ => instance,
    };

    public static IInstanceRef Arriving(InstanceId id, IInstanceRef instance, SimSilo silo, SeededBug bug) => bug switch
    {
        SeededBug.DeleteByName => new DeleteByName(id, instance, silo),
        SeededBug.OldRegistrationWins => new OldRegistrationWins(instance),
        SeededBug.HeartbeatByName => new HeartbeatByName(id, instance, silo),
        SeededBug.CountersByName => new CountersByName(instance),
        SeededBug.NeverAges => new NeverAges(id, instance, silo),
        _ => instance,
    };
}
