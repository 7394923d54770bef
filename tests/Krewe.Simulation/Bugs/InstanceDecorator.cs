using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;

namespace Krewe.Simulation.Bugs;

/// <summary>Passes every call on; a seeded bug changes some.</summary>
internal abstract class InstanceDecorator(IInstanceRef inner) : IInstanceRef
{
    protected IInstanceRef Inner => inner;

    public virtual ValueTask<RegisterReply> RegisterAsync(Registration registration) => inner.RegisterAsync(registration);

    public virtual ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) => inner.HeartbeatAsync(command);

    public virtual ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) => inner.DeleteAsync(incarnation);

    public virtual ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) => inner.AdministerAsync(command);

    public virtual ValueTask<BindReply> BindAsync(BindCommand command) => inner.BindAsync(command);

    public virtual ValueTask ReleaseAsync(ReleaseCommand command) => inner.ReleaseAsync(command);

    public virtual ValueTask AssertAsync(AssertCommand command) => inner.AssertAsync(command);

    public virtual ValueTask ObserveAsync(Observation observation) => inner.ObserveAsync(observation);

    public virtual ValueTask NudgeAsync() => inner.NudgeAsync();
}
