using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Krewe.Simulation.Bugs;

namespace Krewe.Simulation.Silos;

/// <summary>
/// How actors of a silo reach each other: through the network between actors, and past the checks, which see each call
/// to an instance as it arrives. Seeded bugs sit on either side of the checks.
/// </summary>
internal sealed class SimActors(IActors host, SimSilo silo, SiloParts parts) : IActors
{
    private readonly Dictionary<InstanceId, IInstanceRef> _arriving = [];
    private readonly Dictionary<InstanceId, IInstanceRef> _sending = [];

    public IPoolIndexRef PoolIndex => host.PoolIndex;

    public IRequestRef Request(RequestId id) => host.Request(id);

    public IPoolRef Pool(PoolName name) => host.Pool(name);

    /// <summary>For other actors: over the network between them.</summary>
    public IInstanceRef Instance(InstanceId id)
    {
        if (!_sending.TryGetValue(id, out var known))
        {
            _sending.Add(id, known = BuggyInstances.Sending(id, new InstanceOverNetwork(Arriving(id), silo, parts), silo, parts.Scenario.Bug));
        }

        return known;
    }

    /// <summary>For what has come over a network of its own already.</summary>
    public IInstanceRef Arriving(InstanceId id)
    {
        if (!_arriving.TryGetValue(id, out var known))
        {
            _arriving.Add(id, known = new CheckedInstance(id, BuggyInstances.Arriving(id, host.Instance(id), silo, parts.Scenario.Bug), silo, parts));
        }

        return known;
    }
}
