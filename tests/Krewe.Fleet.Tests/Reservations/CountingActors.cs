using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;

namespace Krewe.Fleet.Tests.Reservations;

/// <summary>Counts how often an instance is reached for.</summary>
internal sealed class CountingActors(IActors inner) : IActors
{
    public int Asked { get; private set; }

    public IPoolIndexRef PoolIndex => inner.PoolIndex;

    public IInstanceRef Instance(InstanceId id)
    {
        Asked++;
        return inner.Instance(id);
    }

    public IRequestRef Request(RequestId id) => inner.Request(id);

    public IPoolRef Pool(PoolName name) => inner.Pool(name);
}
