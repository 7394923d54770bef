using Krewe.Core.Pools;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Hosting;

/// <summary>Wakes the fleet at a silo's start: pools first, which wake their instances.</summary>
public sealed class FleetStarter(IActors actors)
{
    /// <param name="configured">The pools of this silo's configuration; empty where pools are made by registration, then those known from before are woken.</param>
    public async Task StartAsync(IReadOnlyList<PoolDefinition> configured)
    {
        ArgumentNullException.ThrowIfNull(configured);
        foreach (var definition in configured)
        {
            await actors.PoolIndex.AddAsync(definition.Name);
            await actors.Pool(definition.Name).ConfigureAsync(definition);
        }

        if (configured.Count == 0)
        {
            foreach (var name in await actors.PoolIndex.ListAsync())
            {
                await actors.Pool(name).NudgeAsync();
            }
        }
    }
}
