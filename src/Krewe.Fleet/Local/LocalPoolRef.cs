using Krewe.Core.Pools;
using Krewe.Fleet.Pools;

namespace Krewe.Fleet.Local;

internal sealed class LocalPoolRef(LocalActivation<PoolActor> activation) : IPoolRef
{
    public async ValueTask ConfigureAsync(PoolDefinition definition) =>
        await activation.CallAsync(definition, static async (actor, argument) =>
        {
            await actor.ConfigureAsync(argument);
            return true;
        });

    public ValueTask<PoolDefinition> EnsureAsync(PoolDefinition definition) =>
        activation.CallAsync(definition, static (actor, argument) => actor.EnsureAsync(argument));

    public async ValueTask NoticeAsync(MemberNotice notice) =>
        await activation.CallAsync(notice, static (actor, argument) =>
        {
            actor.Notice(argument);
            return ValueTask.FromResult(true);
        });

    public async ValueTask NudgeAsync() =>
        await activation.CallAsync(true, static (actor, _) =>
        {
            actor.Nudge();
            return ValueTask.FromResult(true);
        });

    public ValueTask<PoolDescription?> DescribeAsync() =>
        activation.CallAsync(true, static (actor, _) => ValueTask.FromResult(actor.Describe()));

    public async ValueTask DeactivateAsync() =>
        await activation.CallAsync(true, static async (actor, _) =>
        {
            await actor.DeactivateAsync();
            return true;
        });
}
