using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;

namespace Krewe.Orleans.Instances;

internal sealed class InstanceGrainRef(IInstanceGrain grain) : IInstanceRef
{
    public ValueTask<RegisterReply> RegisterAsync(Registration registration) => grain.RegisterAsync(registration);

    public ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) => grain.HeartbeatAsync(command);

    public ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) => grain.DeleteAsync(incarnation);

    public ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) => grain.AdministerAsync(command);

    public ValueTask<BindReply> BindAsync(BindCommand command) => grain.BindAsync(command);

    public ValueTask ReleaseAsync(ReleaseCommand command) => grain.ReleaseAsync(command);

    public ValueTask AssertAsync(AssertCommand command) => grain.AssertAsync(command);

    public ValueTask ObserveAsync(Observation observation) => grain.ObserveAsync(observation);

    public ValueTask NudgeAsync() => grain.NudgeAsync();
}
