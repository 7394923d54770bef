using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Plans;

namespace Krewe.Simulation.Silos;

/// <summary>Calls to an instance from another actor: late, twice or lost, as the links between actors are.</summary>
internal sealed class InstanceOverNetwork(IInstanceRef there, SimSilo silo, SiloParts parts) : IInstanceRef
{
    private readonly bool _isDirect = parts.Scenario.Links == ActorLinks.Direct;

    public ValueTask<RegisterReply> RegisterAsync(Registration registration) => Carry(() => there.RegisterAsync(registration));

    public ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) => Carry(() => there.HeartbeatAsync(command));

    public ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) => Carry(() => there.DeleteAsync(incarnation));

    public ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) => Carry(() => there.AdministerAsync(command));

    public async ValueTask<BindReply> BindAsync(BindCommand command)
    {
        parts.Releases.OnBindSent(command.Leg);
        var reply = await Carry(() => there.BindAsync(command));
        if (reply.Outcome != BindOutcome.Bound)
        {
            parts.Releases.OnRefused(command.Leg);
        }

        return reply;
    }

    public ValueTask ReleaseAsync(ReleaseCommand command)
    {
        parts.Releases.OnReleaseSent(command.Leg);
        return Carry(() => there.ReleaseAsync(command));
    }

    public ValueTask AssertAsync(AssertCommand command) => Carry(() => there.AssertAsync(command));

    public ValueTask ObserveAsync(Observation observation) => Carry(() => there.ObserveAsync(observation));

    public ValueTask NudgeAsync() => Carry(there.NudgeAsync);

    private ValueTask Carry(Func<ValueTask> call)
    {
        if (_isDirect)
        {
            return call();
        }

        return new ValueTask(Carry(async () =>
        {
            await call();
            return true;
        }).AsTask());
    }

    private ValueTask<TReply> Carry<TReply>(Func<ValueTask<TReply>> call)
    {
        if (_isDirect)
        {
            return call();
        }

        var answer = new TaskCompletionSource<TReply>();
        parts.Network.BetweenActors(() => silo.Deliver(() => _ = ArriveAsync()));
        return new ValueTask<TReply>(answer.Task);

        async Task ArriveAsync()
        {
            try
            {
                var reply = await call();
                parts.Network.BetweenActors(() => silo.Deliver(() => answer.TrySetResult(reply)));
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                answer.TrySetException(error);
            }
        }
    }
}
