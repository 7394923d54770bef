using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>Grain storage that can be taken away, and given back.</summary>
public sealed class BreakableStorage(IGrainStorage inner) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private volatile Func<bool, Task> _pass = static _ => Task.CompletedTask;
    private int _writing;

    /// <summary>Writes that have begun and not ended.</summary>
    public int Writing => Volatile.Read(ref _writing);

    /// <summary>Puts one before the silo's storage.</summary>
    public static void Wrap(ISiloBuilder silo)
    {
        var real = silo.Services.Single(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, "krewe"));
        silo.Services.Remove(real);
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            "krewe", (services, key) => new BreakableStorage((IGrainStorage)real.KeyedImplementationFactory!(services, key)));
    }

    /// <summary>From now on every call fails at once.</summary>
    public void Break() => _pass = static _ => throw new IOException("The store is out.");

    /// <summary>From now on no call ends.</summary>
    public void Hang() => _pass = static _ => new TaskCompletionSource().Task;

    /// <summary>From now on the thread of every call is blocked, until this is disposed of.</summary>
    /// <param name="begun">Ends when one is.</param>
    public IDisposable Block(out Task begun)
    {
        var gate = new Gate(this);
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        begun = waits.Task;
        _pass = _ =>
        {
            waits.TrySetResult();
            gate.Opened.Wait();
            return Task.CompletedTask;
        };
        return gate;
    }

    /// <summary>From now on writes wait until this is disposed of.</summary>
    /// <param name="begun">Ends when a write waits.</param>
    public IDisposable DelayWrites(out Task begun)
    {
        var gate = new Gate(this);
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        begun = waits.Task;
        _pass = isWrite =>
        {
            if (isWrite)
            {
                waits.TrySetResult();
            }

            return isWrite ? gate.Opened : Task.CompletedTask;
        };
        return gate;
    }

    /// <summary>From now on calls go through.</summary>
    public void Heal() => _pass = static _ => Task.CompletedTask;

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await _pass(false);
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref _writing);
        try
        {
            await _pass(true);
            await inner.WriteStateAsync(stateName, grainId, grainState);
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await _pass(true);
        await inner.ClearStateAsync(stateName, grainId, grainState);
    }

    public void Participate(ISiloLifecycle lifecycle) => (inner as ILifecycleParticipant<ISiloLifecycle>)?.Participate(lifecycle);

    private sealed class Gate(BreakableStorage storage) : IDisposable
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Opened => _open.Task;

        public void Dispose()
        {
            storage.Heal();
            _open.TrySetResult();
        }
    }
}
