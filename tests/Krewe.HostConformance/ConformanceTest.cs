using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Fleet.Hosting;
using Krewe.Testing;

namespace Krewe.HostConformance;

/// <summary>What all parts of the suite share.</summary>
public abstract class ConformanceTest(HostFixture host)
{
    private static int _lastPool;

    protected HostFixture Host => host;

    /// <summary>A pool whose leases outlast any test.</summary>
    protected static PoolDefinition Steady(PoolDefinition pool) => pool with { LeaseTtl = TimeSpan.FromMinutes(10) };

    /// <summary>A pool whose instances are found missing within a second or two.</summary>
    protected static PoolDefinition Brief(PoolDefinition pool) => pool with { LeaseTtl = TimeSpan.FromMilliseconds(600), SuspectWindow = TimeSpan.FromMilliseconds(800) };

    /// <summary>Makes a pool with a name of its own, and waits until the silo sees it.</summary>
    protected async Task<TestPool> PoolAsync(Func<PoolDefinition, PoolDefinition>? shape = null)
    {
        var name = $"c{Interlocked.Increment(ref _lastPool)}";
        var definition = (shape ?? Steady)(PoolDefinition.ForModel(new PoolName(name), $"{name}-model"));
        await Host.Actors.PoolIndex.AddAsync(definition.Name);
        await Host.Actors.Pool(definition.Name).ConfigureAsync(definition);
        await Eventually.TrueAsync(() => Host.Silos.All(silo => silo.View.Find(definition.Name)?.Definition is not null), what: "every silo to see the pool");
        return new TestPool(Host, definition);
    }

    /// <summary>What a silo does at its start.</summary>
    protected Task WakeAsync() => new FleetStarter(Host.Actors).StartAsync([]);
}
