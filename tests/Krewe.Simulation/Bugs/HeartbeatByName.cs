using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.HeartbeatByName"/>: between the check of the incarnation and the books lies a lock that was let go.</summary>
internal sealed class HeartbeatByName(InstanceId id, IInstanceRef inner, SimSilo silo) : InstanceDecorator(inner)
{
    private static readonly TimeSpan Unlocked = TimeSpan.FromSeconds(1);

    public override ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command)
    {
        if (silo.Watch.View(id)?.Registration.Incarnation != command.Incarnation)
        {
            return Inner.HeartbeatAsync(command);
        }

        var answer = new TaskCompletionSource<HeartbeatReply>();
        silo.After(Unlocked, () => _ = BookAsync());
        return new ValueTask<HeartbeatReply>(answer.Task);

        async Task BookAsync() =>
            answer.TrySetResult(await Inner.HeartbeatAsync(command with { Incarnation = silo.Watch.View(id)!.Registration.Incarnation }));
    }
}
