using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Orleans.Turns;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Krewe.Orleans.Pools;

/// <summary>Hosts a <see cref="PoolActor"/>. Its timer, which wakes silent members, keeps it in memory.</summary>
/// <remarks>
/// Reentrant: between two awaits the actor runs undisturbed, and it awaits nothing but the store's confirmation of what
/// it has already taken over in memory. Notices of its members must not wait for that.
/// </remarks>
[GrainType("krewe.pool")]
[RandomPlacement]
[Reentrant]
[Immovable]
internal sealed class PoolGrain(FleetServices services, IActors actors, IStateStore store) : Grain, IPoolGrain
{
    private PoolActor? _actor;

    private PoolActor Actor => _actor ?? throw new InvalidOperationException("The grain is not active.");

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var name = new PoolName(this.GetPrimaryKeyString());
        _actor = new PoolActor(name, new GrainTurnHost(this, services.Time), store.Records<PoolRecord>(PoolActor.Kind, name.Value), actors, services);
        await _actor.ActivateAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_actor is { } actor)
        {
            await actor.DeactivateAsync();
        }
    }

    public ValueTask ConfigureAsync(PoolDefinition definition) => Actor.ConfigureAsync(definition);

    public ValueTask<PoolDefinition> EnsureAsync(PoolDefinition definition) => Actor.EnsureAsync(definition);

    public ValueTask NoticeAsync(MemberNotice notice)
    {
        Actor.Notice(notice);
        return ValueTask.CompletedTask;
    }

    public ValueTask NudgeAsync()
    {
        Actor.Nudge();
        return ValueTask.CompletedTask;
    }

    public ValueTask<PoolDescription?> DescribeAsync() => ValueTask.FromResult(Actor.Describe());
}
