using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;

namespace Krewe.Fleet.Local;

internal sealed class LocalInstanceRef(LocalActivation<InstanceActor> activation) : IInstanceRef
{
    public LocalActivation<InstanceActor> Activation => activation;

    public ValueTask<RegisterReply> RegisterAsync(Registration registration) =>
        activation.CallAsync(registration, static (actor, argument) => actor.RegisterAsync(argument));

    public ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command) =>
        activation.CallAsync(command, static (actor, argument) => ValueTask.FromResult(actor.Heartbeat(argument)));

    public ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation) =>
        activation.CallAsync(incarnation, static (actor, argument) => ValueTask.FromResult(actor.Delete(argument)));

    public ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command) =>
        activation.CallAsync(command, static (actor, argument) => actor.AdministerAsync(argument));

    public ValueTask<BindReply> BindAsync(BindCommand command) =>
        activation.CallAsync(command, static (actor, argument) => ValueTask.FromResult(actor.Bind(argument)));

    public ValueTask ReleaseAsync(ReleaseCommand command) =>
        OneWay(activation.CallAsync(command, static (actor, argument) =>
        {
            actor.Release(argument);
            return ValueTask.FromResult(true);
        }));

    public ValueTask AssertAsync(AssertCommand command) =>
        OneWay(activation.CallAsync(command, static (actor, argument) =>
        {
            actor.Assert(argument);
            return ValueTask.FromResult(true);
        }));

    public ValueTask ObserveAsync(Observation observation) =>
        OneWay(activation.CallAsync(observation, static (actor, argument) =>
        {
            actor.Observe(argument);
            return ValueTask.FromResult(true);
        }));

    public ValueTask NudgeAsync() =>
        OneWay(activation.CallAsync(true, static (actor, _) =>
        {
            actor.Nudge();
            return ValueTask.FromResult(true);
        }));

    public async ValueTask DeactivateAsync() =>
        await activation.CallAsync(true, static async (actor, _) =>
        {
            await actor.DeactivateAsync();
            return true;
        });

    private static ValueTask OneWay(ValueTask<bool> call) =>
        call.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(call.AsTask());
}
