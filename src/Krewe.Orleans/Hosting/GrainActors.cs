using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Krewe.Orleans.Instances;
using Krewe.Orleans.Pools;
using Krewe.Orleans.Requests;

namespace Krewe.Orleans.Hosting;

/// <summary>Reaches actors as grains, wherever in the cluster they are.</summary>
internal sealed class GrainActors(IGrainFactory grains, FleetServices fleet) : IActors
{
    // Instances are called for every request, and a fleet has thousands of them at most; beyond this they are not kept.
    internal const int MaxKept = 16_384;

    private readonly ConcurrentDictionary<InstanceId, IInstanceRef> _instances = new();

    // By the interface alone, Orleans reads its attributes anew for each reference: 3 % of a request's cost.
    private readonly GrainReference _aRequest = (GrainReference)grains.GetGrain<IRequestGrain>("0");

    public IPoolIndexRef PoolIndex { get; } = new PoolIndexGrainRef(grains.GetGrain<IPoolIndexGrain>(PoolIndexActor.Key));

    public IInstanceRef Instance(InstanceId id)
    {
        if (_instances.TryGetValue(id, out var known))
        {
            return known;
        }

        var instance = new InstanceGrainRef(grains.GetGrain<IInstanceGrain>(id.ToString()));
        return _instances.Count < MaxKept ? _instances.GetOrAdd(id, instance) : instance;
    }

    public IRequestRef Request(RequestId id) => new RequestGrainRef(
        (IRequestGrain)grains.GetGrain(GrainId.Create(_aRequest.GrainId.Type, id.ToString()), _aRequest.InterfaceType), id, this, fleet);

    public IPoolRef Pool(PoolName name) => new PoolGrainRef(grains.GetGrain<IPoolGrain>(name.Value));
}
