using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Engines.Http;
using Krewe.EngineSim.Hosting;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Client;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Polling;
using Krewe.Gateway.Serving;
using Krewe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Tests.Rig;

/// <summary>A silo in this process, on a port that stays its own: it can be killed and come back as another life.</summary>
internal sealed class TestSilo(IReadOnlyList<SimEngineHost> engines, ShutdownOptions? shutdown = null) : IAsyncDisposable
{
    private static readonly PoolName Pool = new("sim");

    private static int s_lives;

    private WebApplication? _app;
    private LocalFleet? _fleet;
    private EngineClients? _clients;
    private KreweInstruments? _instruments;
    private int _port;

    public Uri Url => new($"http://127.0.0.1:{_port}");

    public SiloLifetime Lifetime { get; private set; } = null!;

    public FleetServices Fleet => _fleet!.Services;

    public static async Task<TestSilo> StartAsync(IReadOnlyList<SimEngineHost> engines, ShutdownOptions? shutdown = null)
    {
        var silo = new TestSilo(engines, shutdown);
        await silo.ComeUpAsync();
        return silo;
    }

    /// <summary>Begins a life, with the engines registered.</summary>
    public async Task ComeUpAsync()
    {
        var life = Interlocked.Increment(ref s_lives);
        _instruments = new KreweInstruments();
        FleetServices? known = null;
        _clients = new EngineClients(pool => known?.View.Find(pool)?.Definition, new EngineClientOptions());
        known = new FleetServices(
            new SiloId($"silo-{life}"), TimeProvider.System, new SeededRandom((ulong)life), new EngineProbe(_clients, TimeProvider.System), new FleetOptions(), _instruments);
        _fleet = new LocalFleet(new MemoryStateStore(), known);
        Lifetime = new SiloLifetime(shutdown ?? new ShutdownOptions { Settle = TimeSpan.Zero, Grace = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port));
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.MapKreweClient(known, _fleet.Actors, _clients, Lifetime, new ClientPortOptions { AllowAnonymousLoopback = true });
        await _fleet.Actors.Pool(Pool).ConfigureAsync(PoolDefinition.ForModel(Pool, "sim-model"));
        foreach (var engine in engines)
        {
            await RegisterAsync(engine);
        }

        await _app.StartAsync();
        _port = new Uri(_app.Urls.Single()).Port;
        Lifetime.Ready();
    }

    /// <summary>Ends without a word: every connection breaks, what it knew is lost.</summary>
    public async Task KillAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(new CancellationToken(canceled: true));
            await app.DisposeAsync();
            await _fleet!.DisposeAsync();
            _clients!.Dispose();
            _instruments!.Dispose();
        }
    }

    /// <summary>Waits until nothing runs here, nor at the engines.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(
        () => Fleet.Reservations.Count == 0 && engines.All(engine => engine.State is { Running: 0, Waiting: 0 }), what: "nothing runs");

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task RegisterAsync(SimEngineHost engine)
    {
        var id = new InstanceId(Pool, new InstanceName(engine.Name));
        await _fleet!.Actors.Instance(id).RegisterAsync(new Registration
        {
            Incarnation = new IncarnationId(engine.Incarnation),
            Role = InstanceRole.Mixed,
            Protocol = EngineProtocol.Vllm,
            Url = engine.Url,
            Model = "sim-model",
            TransferGroup = new TransferGroup("default"),
            Capacity = new InstanceCapacity(64, 0, 0),
        });
        await Eventually.TrueAsync(() => Fleet.View.Find(Pool)!.View.TryGet(id, out var seen) && seen.Schedulable, what: $"{engine.Name} schedulable");
    }
}
