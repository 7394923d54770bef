using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;

namespace Krewe.Fleet.Tests.Requests;

/// <summary>Instances that never answer a bind; releases get through.</summary>
internal sealed class SilentInstances(IActors inner) : IActors
{
    /// <summary>Legs that were asked for.</summary>
    public List<BindCommand> Asked { get; } = [];

    public List<ReleaseCommand> Released { get; } = [];

    public IPoolIndexRef PoolIndex => inner.PoolIndex;

    public IInstanceRef Instance(InstanceId id) => new Silent(this, inner.Instance(id));

    public IRequestRef Request(RequestId id) => inner.Request(id);

    public IPoolRef Pool(PoolName name) => inner.Pool(name);

    private sealed class Silent(SilentInstances owner, IInstanceRef instance) : IInstanceRef
    {
        public ValueTask<RegisterReply> RegisterAsync(Registration registration) => instance.RegisterAsync(registration);

        public ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) => instance.HeartbeatAsync(command);

        public ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) => instance.DeleteAsync(incarnation);

        public ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) => instance.AdministerAsync(command);

        public ValueTask<BindReply> BindAsync(BindCommand command)
        {
            owner.Asked.Add(command);
            return new ValueTask<BindReply>(new TaskCompletionSource<BindReply>().Task);
        }

        public ValueTask ReleaseAsync(ReleaseCommand command)
        {
            owner.Released.Add(command);
            return instance.ReleaseAsync(command);
        }

        public ValueTask AssertAsync(AssertCommand command) => instance.AssertAsync(command);

        public ValueTask ObserveAsync(Observation observation) => instance.ObserveAsync(observation);

        public ValueTask NudgeAsync() => instance.NudgeAsync();
    }
}
