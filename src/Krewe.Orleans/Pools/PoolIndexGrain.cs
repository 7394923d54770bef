using System.Collections.Immutable;
using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Krewe.Orleans.Pools;

/// <summary>Hosts the <see cref="PoolIndexActor"/>. Asked at a silo's start and told of new pools, never on a request's way.</summary>
/// <remarks>Reentrant: the actor awaits nothing but the store's confirmation of a name that it already holds; the set only grows.</remarks>
[GrainType("krewe.pool-index")]
[RandomPlacement]
[Reentrant]
[Immovable]
internal sealed class PoolIndexGrain(FleetServices services, IStateStore store) : Grain, IPoolIndexGrain
{
    private readonly PoolIndexActor _actor = new(store.Records<PoolIndexRecord>(PoolIndexActor.Kind, PoolIndexActor.Key), services);

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _actor.ActivateAsync();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => await _actor.DeactivateAsync();

    public ValueTask AddAsync(PoolName pool) => _actor.AddAsync(pool);

    public ValueTask<ImmutableArray<PoolName>> ListAsync() => ValueTask.FromResult<ImmutableArray<PoolName>>([.. _actor.List()]);
}
