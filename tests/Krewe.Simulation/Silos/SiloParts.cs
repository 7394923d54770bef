using Krewe.Core.Identity;
using Krewe.Fleet.Ports;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Network;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Silos;

/// <summary>What every silo of a simulation is made of.</summary>
internal sealed record SiloParts(
    Scenario Scenario,
    SimulationClock Clock,
    SimulationLoop Loop,
    SimNetwork Network,
    IStateStore Store,
    EngineFleet Engines,
    Trace Trace,
    Findings Findings,
    ReleaseCheck Releases,
    StoredCheck Stored,
    Tally Seen)
{
    /// <summary>Lives of instances that an operator asked to drain.</summary>
    public HashSet<(string Name, Epoch Epoch)> DrainAsked { get; } = [];
}
