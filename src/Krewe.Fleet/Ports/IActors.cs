using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Requests;

namespace Krewe.Fleet.Ports;

/// <summary>How one reaches an actor, wherever it lives. References are cheap and never fail; calls may.</summary>
public interface IActors
{
    IInstanceRef Instance(InstanceId id);

    IRequestRef Request(RequestId id);

    IPoolRef Pool(PoolName name);

    IPoolIndexRef PoolIndex { get; }
}
