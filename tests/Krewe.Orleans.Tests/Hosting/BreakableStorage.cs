using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>Grain storage that can be taken away, and given back.</summary>
public sealed class BreakableStorage(IGrainStorage inner) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TaskCompletionSource _neverEnds = new();
    private volatile Fault _fault;

    private enum Fault
    {
        None,
        Throws,
        Hangs,
    }

    public int Reads => Volatile.Read(ref _reads);

    public int Writes => Volatile.Read(ref _writes);

    private int _reads;
    private int _writes;

    /// <summary>Puts one before the silo's storage.</summary>
    public static void Wrap(ISiloBuilder silo)
    {
        var real = silo.Services.Single(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, "krewe"));
        silo.Services.Remove(real);
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            "krewe", (services, key) => new BreakableStorage((IGrainStorage)real.KeyedImplementationFactory!(services, key)));
    }

    /// <summary>From now on every call fails at once.</summary>
    public void Break() => _fault = Fault.Throws;

    /// <summary>From now on no call ends.</summary>
    public void Hang() => _fault = Fault.Hangs;

    /// <summary>From now on calls go through. Those that hang, hang.</summary>
    public void Heal() => _fault = Fault.None;

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref _reads);
        await PassAsync();
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref _writes);
        await PassAsync();
        await inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await PassAsync();
        await inner.ClearStateAsync(stateName, grainId, grainState);
    }

    public void Participate(ISiloLifecycle lifecycle) => (inner as ILifecycleParticipant<ISiloLifecycle>)?.Participate(lifecycle);

    private Task PassAsync() => _fault switch
    {
        Fault.None => Task.CompletedTask,
        Fault.Throws => throw new IOException("The store is out."),
        _ => _neverEnds.Task,
    };
}
