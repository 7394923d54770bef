using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;

namespace Krewe.Fleet.Tests.Requests;

/// <summary>Instances that are cut off when a test says so: calls hang, fail, or get there and their answers do not.</summary>
internal sealed class FaultyInstances(IActors inner) : IActors
{
    private readonly List<Func<Task>> _onTheirWay = [];
    private int _flickered;

    public enum Fault
    {
        None,

        /// <summary>Calls fail at once.</summary>
        Throws,

        /// <summary>Calls get nowhere.</summary>
        Hangs,

        /// <summary>Calls are carried out later, by <see cref="ArriveAsync"/>.</summary>
        IsLate,

        /// <summary>Each fourth call fails.</summary>
        Flickers,
    }

    /// <summary>By name; none for those that are not named.</summary>
    public Dictionary<string, Fault> Faults { get; } = [];

    /// <summary>Names of the instances whose actors were asked to bind.</summary>
    public List<string> Asked { get; } = [];

    public IPoolIndexRef PoolIndex => inner.PoolIndex;

    public IInstanceRef Instance(InstanceId id) => new Faulty(this, id.Name.Value, inner.Instance(id));

    public IRequestRef Request(RequestId id) => inner.Request(id);

    public IPoolRef Pool(PoolName name) => inner.Pool(name);

    /// <summary>What was late gets there, in the order in which it was sent.</summary>
    public async Task ArriveAsync()
    {
        foreach (var call in _onTheirWay)
        {
            await call();
        }

        _onTheirWay.Clear();
    }

    private async ValueTask<T> Carry<T>(string name, Func<ValueTask<T>> call)
    {
        switch (Faults.GetValueOrDefault(name))
        {
            case Fault.Throws:
                throw new InvalidOperationException("The actor cannot be reached.");
            case Fault.Flickers when ++_flickered % 4 == 0:
                throw new InvalidOperationException("The call is lost.");
            case Fault.Hangs:
                return await new TaskCompletionSource<T>().Task;
            case Fault.IsLate:
                var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
                _onTheirWay.Add(async () => answer.SetResult(await call()));
                return await answer.Task;
            default:
                return await call();
        }
    }

    private sealed class Faulty(FaultyInstances owner, string name, IInstanceRef instance) : IInstanceRef
    {
        public ValueTask<RegisterReply> RegisterAsync(Registration registration) => instance.RegisterAsync(registration);

        public ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) => instance.HeartbeatAsync(command);

        public ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) => instance.DeleteAsync(incarnation);

        public ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) => instance.AdministerAsync(command);

        public ValueTask<BindReply> BindAsync(BindCommand command)
        {
            owner.Asked.Add(name);
            return owner.Carry(name, () => instance.BindAsync(command));
        }

        public ValueTask ReleaseAsync(ReleaseCommand command) => OneWay(() => instance.ReleaseAsync(command));

        public ValueTask AssertAsync(AssertCommand command) => OneWay(() => instance.AssertAsync(command));

        public ValueTask ObserveAsync(Observation observation) => OneWay(() => instance.ObserveAsync(observation));

        public ValueTask NudgeAsync() => instance.NudgeAsync();

        private ValueTask OneWay(Func<ValueTask> call) => new(owner.Carry(name, async () =>
        {
            await call();
            return true;
        }).AsTask());
    }
}
