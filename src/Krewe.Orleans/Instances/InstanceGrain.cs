using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.Orleans.Turns;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Krewe.Orleans.Instances;

/// <summary>Hosts an <see cref="InstanceActor"/>. Its timers keep it in memory while there is something to watch.</summary>
/// <remarks>
/// Reentrant: between two awaits the actor runs undisturbed, and after each it looks again before it acts (epoch,
/// generation, probe number). A turn that waits, for the store's confirmation of a registration, must not keep binds and
/// heartbeats waiting. It does not migrate: its ledger lives in memory, and rebuilding that takes a round of assertions.
/// Placed at random: the death of a silo is to take its share of the fleet's actors, no more.
/// </remarks>
[GrainType("krewe.instance")]
[RandomPlacement]
[Reentrant]
[Immovable]
internal sealed class InstanceGrain(FleetServices services, IActors actors, IStateStore store) : Grain, IInstanceGrain
{
    private InstanceActor? _actor;

    private InstanceActor Actor => _actor ?? throw new InvalidOperationException("The grain is not active.");

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = InstanceId.Parse(this.GetPrimaryKeyString());
        _actor = new InstanceActor(
            id, new GrainTurnHost(this, services.Time), store.Records<InstanceDocument>(InstanceActor.Kind, id.ToString()), actors, services);
        await _actor.ActivateAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_actor is { } actor)
        {
            await actor.DeactivateAsync();
        }
    }

    public ValueTask<RegisterReply> RegisterAsync(Registration registration) => Actor.RegisterAsync(registration);

    public ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) => ValueTask.FromResult(Actor.Heartbeat(command));

    public ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) => ValueTask.FromResult(Actor.Delete(incarnation));

    public ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) => Actor.AdministerAsync(command);

    public ValueTask<BindReply> BindAsync(BindCommand command) => ValueTask.FromResult(Actor.Bind(command));

    public ValueTask ReleaseAsync(ReleaseCommand command)
    {
        Actor.Release(command);
        return ValueTask.CompletedTask;
    }

    public ValueTask AssertAsync(AssertCommand command)
    {
        Actor.Assert(command);
        return ValueTask.CompletedTask;
    }

    public ValueTask ObserveAsync(Observation observation)
    {
        Actor.Observe(observation);
        return ValueTask.CompletedTask;
    }

    public ValueTask NudgeAsync()
    {
        Actor.Nudge();
        return ValueTask.CompletedTask;
    }
}
