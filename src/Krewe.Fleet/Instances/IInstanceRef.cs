using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Fleet.Instances;

/// <summary>Calls to an <see cref="InstanceActor"/>. Each is one turn there.</summary>
public interface IInstanceRef
{
    /// <summary>Registers or renews. The reply comes after the registration is durable, or says that it is provisional.</summary>
    ValueTask<RegisterReply> RegisterAsync(Registration registration);

    ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command);

    /// <summary>The delete event: probe, then LeaseLost or Suspect.</summary>
    ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation);

    ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command);

    /// <summary>Bind and reserve, in one turn, on exactly the epoch named.</summary>
    ValueTask<BindReply> BindAsync(BindCommand command);

    /// <summary>Gives a reservation back, with what became of its attempt. One way: nobody waits for it.</summary>
    ValueTask ReleaseAsync(ReleaseCommand command);

    /// <summary>A silo says which reservations it still holds; what nobody says expires.</summary>
    ValueTask AssertAsync(AssertCommand command);

    /// <summary>What a gateway saw of the engine while it streamed.</summary>
    ValueTask ObserveAsync(Observation observation);

    /// <summary>Wakes the actor, so that its timers run. One way.</summary>
    ValueTask NudgeAsync();
}
