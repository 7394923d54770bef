using Krewe.Core.Identity;
using Krewe.Fleet.Pools;

namespace Krewe.Fleet.Local;

internal sealed class LocalPoolIndexRef(LocalActivation<PoolIndexActor> activation) : IPoolIndexRef
{
    public async ValueTask AddAsync(PoolName pool) =>
        await activation.CallAsync(pool, static async (actor, argument) =>
        {
            await actor.AddAsync(argument);
            return true;
        });

    public ValueTask<IReadOnlyList<PoolName>> ListAsync() =>
        activation.CallAsync(true, static (actor, _) => ValueTask.FromResult(actor.List()));

    public async ValueTask DeactivateAsync() =>
        await activation.CallAsync(true, static async (actor, _) =>
        {
            await actor.DeactivateAsync();
            return true;
        });
}
