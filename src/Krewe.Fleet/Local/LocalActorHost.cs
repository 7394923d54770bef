using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Fleet.Local;

/// <summary>
/// Runs all actors in one process: activates them on their first call, one turn at a time each, and lets idle ones go.
/// </summary>
public sealed partial class LocalActorHost : IActors, IAsyncDisposable
{
    private readonly ConcurrentDictionary<InstanceId, LocalInstanceRef> _instances = new();
    private readonly ConcurrentDictionary<PoolName, LocalPoolRef> _pools = new();
    private readonly ConcurrentDictionary<RequestId, LocalActivation<RequestActor>> _requests = new();
    private readonly IStateStore _store;
    private readonly ITurnScheduler _scheduler;
    private readonly ILogger _logger;
    private readonly IActors _reach;
    private readonly FleetServices _services;
    private readonly ITimer _sweep;
    private readonly LocalPoolIndexRef _poolIndex;

    /// <param name="store">Where its actors' records are.</param>
    /// <param name="services">What its actors share.</param>
    /// <param name="scheduler">Where turns run that no caller's thread runs.</param>
    /// <param name="logger">Told of failed turns.</param>
    /// <param name="between">What its actors reach each other through; nothing, unless a simulator puts its network there.</param>
    public LocalActorHost(
        IStateStore store, FleetServices services, ITurnScheduler? scheduler = null, ILogger? logger = null, Func<IActors, IActors>? between = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        _store = store;
        _services = services;
        _scheduler = scheduler ?? new ThreadPoolTurnScheduler();
        _logger = logger ?? NullLogger.Instance;
        _reach = between?.Invoke(this) ?? this;
        _poolIndex = new LocalPoolIndexRef(Activate(
            _ => new PoolIndexActor(Records<PoolIndexRecord>(PoolIndexActor.Kind, PoolIndexActor.Key), services),
            static actor => actor.ActivateAsync()));
        var every = services.Options.IdleDeactivation;
        _sweep = services.Time.CreateTimer(static self => ((LocalActorHost)self!).LetIdleGo(), this, every, every);
    }

    public IPoolIndexRef PoolIndex => _poolIndex;

    /// <summary>Instance actors in memory.</summary>
    public int InstanceCount => _instances.Count;

    /// <summary>Requests that are not over.</summary>
    public int RequestCount => _requests.Count;

    public IInstanceRef Instance(InstanceId id) =>
        _instances.TryGetValue(id, out var known) ? known : _instances.GetOrAdd(id, static (id, self) => self.NewInstance(id), this);

    public IPoolRef Pool(PoolName name) =>
        _pools.TryGetValue(name, out var known) ? known : _pools.GetOrAdd(name, static (name, self) => self.NewPool(name), this);

    public IRequestRef Request(RequestId id) => new LocalRequestRef(this, id);

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        // All at once: where the store is out, each of them waits for its last write.
        await Task.WhenAll(
        [
            .. _instances.Values.Select(instance => instance.DeactivateAsync().AsTask()),
            .. _pools.Values.Select(pool => pool.DeactivateAsync().AsTask()),
            _poolIndex.DeactivateAsync().AsTask(),
        ]);
    }

    internal LocalActivation<RequestActor> OpenRequest(RequestId id) =>
        _requests.GetOrAdd(id, static (id, self) => self.Activate<RequestActor>(_ => new RequestActor(id, self._reach, self._services), null), this);

    internal LocalActivation<RequestActor>? FindRequest(RequestId id) => _requests.GetValueOrDefault(id);

    internal void CloseRequest(RequestId id) => _requests.TryRemove(id, out _);

    internal RequestDescription? FindEnded(RequestId id) => _services.EndedRequests.Find(id);

    private IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class => _store.Records<TRecord>(kind, key);

    private LocalInstanceRef NewInstance(InstanceId id) => new(Activate(
        host => new InstanceActor(id, host, Records<InstanceDocument>(InstanceActor.Kind, id.ToString()), _reach, _services),
        static actor => actor.ActivateAsync()));

    private LocalPoolRef NewPool(PoolName name) => new(Activate(
        host => new PoolActor(name, host, Records<PoolRecord>(PoolActor.Kind, name.Value), _reach, _services),
        static actor => actor.ActivateAsync()));

    private LocalActivation<TActor> Activate<TActor>(Func<LocalTurnHost, TActor> create, Func<TActor, ValueTask>? activate)
        where TActor : class
    {
        var mailbox = new Mailbox(_scheduler, _services.Options.MailboxLimit, OnTurnFailed);
        return new LocalActivation<TActor>(create(new LocalTurnHost(mailbox, _services.Time)), mailbox, _services.Time, activate);
    }

    // Only what holds nothing goes: it comes back from the store with its epoch when it is called again.
    private void LetIdleGo()
    {
        var before = _services.Time.GetMonotonic() - _services.Options.IdleDeactivation;
        foreach (var (id, instance) in _instances)
        {
            if (instance.Activation.LastUsed < before)
            {
                _ = LetGoAsync(id, instance);
            }
        }
    }

    private async Task LetGoAsync(InstanceId id, LocalInstanceRef instance) =>
        await instance.Activation.LetGoAsync(
            static actor => actor.IsIdle,
            () => _instances.TryRemove(new KeyValuePair<InstanceId, LocalInstanceRef>(id, instance)),
            () => ((LocalInstanceRef)Instance(id)).Activation);

    private void OnTurnFailed(Exception error)
    {
        _services.Instruments.OnTurnFailed();
        LogTurnFailed(_logger, error);
    }
}
