using System.Diagnostics.Metrics;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Telemetry;
using Krewe.HostConformance;
using Krewe.Testing;

namespace Krewe.Fleet.Tests;

/// <summary>The local host on a clock that moves only when told.</summary>
internal sealed class World : IDisposable
{
    public static readonly PoolName Pool = new("pool");

    private readonly Meter _meter = new("test");

    public World(IStateStore? store = null, ManualTimeProvider? time = null, string silo = "silo", FleetOptions? options = null)
    {
        Time = time ?? new ManualTimeProvider();
        Store = store ?? new MemoryStateStore();
        Services = new FleetServices(new SiloId(silo), Time, new SeededRandom(1), Probe, options ?? new FleetOptions(), new KreweInstruments(new OneMeter(_meter)));
        Host = new LocalActorHost(Store, Services, Scheduler);
    }

    public ManualTimeProvider Time { get; }

    public ManualScheduler Scheduler { get; } = new();

    public FakeProbe Probe { get; } = new();

    public IStateStore Store { get; }

    public FleetServices Services { get; }

    public LocalActorHost Host { get; }

    /// <summary>Records that wait for the store, as the gauge tells.</summary>
    public long StoreOutages => Gauge("krewe.store.outages");

    public static InstanceId Id(string name) => new(Pool, new InstanceName(name));

    public static Uri Url(string name) => new($"http://{name}.test/");

    public static Registration Registration(string name, string incarnation = "one", int limit = 4, InstanceRole role = InstanceRole.Mixed) => new()
    {
        Incarnation = new IncarnationId(incarnation),
        Role = role,
        Protocol = EngineProtocol.Vllm,
        Url = Url(name),
        Model = "model",
        TransferGroup = new TransferGroup("default"),
        Capacity = new InstanceCapacity(limit, 0, 0),
    };

    /// <summary>What a gauge tells now, over all its labels.</summary>
    public long Gauge(string name)
    {
        var value = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => Enable(instrument, listener) };
        listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => value += measurement);
        listener.Start();
        listener.RecordObservableInstruments();
        return value;

        void Enable(Instrument instrument, MeterListener to)
        {
            if (instrument.Meter == _meter && instrument.Name == name)
            {
                to.EnableMeasurementEvents(instrument);
            }
        }
    }

    public IInstanceRef Instance(string name) => Host.Instance(Id(name));

    public InstanceView? View(string name) => Services.View.Find(Pool) is { } slot && slot.View.TryGet(Id(name), out var view) ? view : null;

    public Task ConfigureAsync(Func<PoolDefinition, PoolDefinition>? shape = null) =>
        RunAsync(Host.Pool(Pool).ConfigureAsync((shape ?? (pool => pool))(PoolDefinition.ForModel(Pool, "model"))));

    public async Task<Epoch> ActivateAsync(string name, string incarnation = "one", int limit = 4, InstanceRole role = InstanceRole.Mixed)
    {
        var reply = await RunAsync(Instance(name).RegisterAsync(Registration(name, incarnation, limit, role)));
        await UntilAsync(() => View(name) is { Liveness: Liveness.Active } view && view.Epoch == reply.Epoch);
        return reply.Epoch;
    }

    /// <summary>A request that was not started yet, played as the gateway would.</summary>
    public TestRequest Request(TimeSpan? deadline = null, bool stream = true)
    {
        var id = TestPool.NewRequest();
        return new TestRequest(id, Host.Request(id), new RequestSpec
        {
            Pool = Pool,
            Model = "model",
            PromptTokens = 10,
            AllowDisaggregated = true,
            Stream = stream,
            Deadline = Deadline.In(deadline ?? TimeSpan.FromMinutes(1), Time.GetMonotonic()),
        });
    }

    public ValueTask<HeartbeatReply> HeartbeatAsync(string name, long sequence, string incarnation = "one") =>
        Instance(name).HeartbeatAsync(new HeartbeatCommand(new IncarnationId(incarnation), sequence, TimeSpan.Zero, default));

    /// <summary>Runs turns until the call has its answer; time stands still.</summary>
    public async Task<T> RunAsync<T>(ValueTask<T> call)
    {
        var task = call.AsTask();
        await UntilAsync(() => task.IsCompleted);
        return await task;
    }

    public async Task RunAsync(ValueTask call)
    {
        var task = call.AsTask();
        await UntilAsync(() => task.IsCompleted);
        await task;
    }

    public Task<T> RunAsync<T>(Task<T> call) => RunAsync(new ValueTask<T>(call));

    public Task RunAsync(Task call) => RunAsync(new ValueTask(call));

    /// <summary>Runs turns until the condition holds; time stands still.</summary>
    public Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            Scheduler.RunAll();
            return condition();
        },
        what: "the turns to come there");

    /// <summary>Moves the clock from timer to timer, running the turns of each, until the condition holds.</summary>
    public Task AdvanceUntilAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            Scheduler.RunAll();
            if (condition())
            {
                return true;
            }

            Time.AdvanceToNextTimer();
            Scheduler.RunAll();
            return condition();
        },
        what: "the world to come there");

    /// <summary>Moves the clock from timer to timer, running the turns of each.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Time.Elapsed + by;
        Scheduler.RunAll();
        while (Time.NextTimerIn is { } next && Time.Elapsed + next <= end)
        {
            Time.Advance(next);
            Scheduler.RunAll();
        }

        Time.Advance(end - Time.Elapsed);
        Scheduler.RunAll();
    }

    public void Dispose()
    {
        Services.Dispose();
        _meter.Dispose();
    }

    private sealed class OneMeter(Meter meter) : IMeterFactory
    {
        public Meter Create(MeterOptions options) => meter;

        public void Dispose()
        {
        }
    }
}
