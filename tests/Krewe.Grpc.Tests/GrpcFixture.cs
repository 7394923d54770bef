using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.EngineSim.Hosting;
using Krewe.Engines.Http;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Polling;
using Krewe.Gateway.Ports;
using Krewe.Gateway.Serving;
using Krewe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grpc.Tests;

/// <summary>The gRPC port in this process: a real HTTP/2 port, the local host, simulated engines behind it.</summary>
internal sealed class GrpcFixture : IAsyncDisposable
{
    private readonly List<SimEngineHost> _engines = [];
    private readonly KreweInstruments _instruments = new();
    private readonly EngineClients _clients;
    private readonly LocalFleet _fleet;
    private readonly ServiceProvider _silo;
    private readonly WebApplication _application;

    private GrpcFixture(ClientPortOptions client, Action<ControlOptions>? control, PortTls? tls)
    {
        client.AllowAnonymous = client.Keys.Count == 0;
        FleetServices? known = null;
        _clients = new EngineClients(pool => known?.View.Find(pool)?.Definition, new EngineClientOptions());
        known = new FleetServices(
            new SiloId("test"), TimeProvider.System, new SeededRandom(1), new EngineProbe(_clients, TimeProvider.System), new FleetOptions(), _instruments);
        _fleet = new LocalFleet(new MemoryStateStore(), known);
        Lifetime = new SiloLifetime(new ShutdownOptions { Settle = TimeSpan.Zero, Grace = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        var services = new ServiceCollection().AddSingleton(known).AddSingleton<IActors>(_fleet.Actors).AddSingleton(Lifetime);
        services.AddKreweControl(options =>
        {
            options.AllowAnonymousLoopback = control is null;
            control?.Invoke(options);
        });
        _silo = services.BuildServiceProvider();

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = client.MaxBodyBytes + (64 << 10);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                tls?.Apply(listen);
            });
        });
        Access = new ClientAccess(client, TimeProvider.System);
        Pipeline = new InferencePipeline(known, _fleet.Actors, _clients, Lifetime, client);
        builder.Services.AddKreweGrpc(_silo, Pipeline, client, Access);
        _application = builder.Build();
        _application.MapKreweGrpc();
    }

    public static PoolName Pool { get; } = new("sim");

    public SiloLifetime Lifetime { get; }

    public InferencePipeline Pipeline { get; }

    public ClientAccess Access { get; }

    public ControlAccess ControlAccess => _silo.GetRequiredService<ControlAccess>();

    public FleetServices Fleet => _fleet.Services;

    public IActors Actors => _fleet.Actors;

    public Uri Url { get; private set; } = null!;

    public GrpcChannel Channel { get; private set; } = null!;

    public V1.Inference.InferenceClient Inference => new(Channel);

    public V1.EngineSessions.EngineSessionsClient Sessions => new(Channel);

    public static async Task<GrpcFixture> StartAsync(
        PoolDefinition? pool = null, ClientPortOptions? client = null, Action<ControlOptions>? control = null, PortTls? tls = null)
    {
        var fixture = new GrpcFixture(client ?? new ClientPortOptions { MaxBodyBytes = 64 << 10 }, control, tls);
        await fixture._application.StartAsync();
        fixture.Url = new Uri(fixture._application.Urls.Single());
        fixture.Channel = GrpcChannel.ForAddress(fixture.Url, new GrpcChannelOptions { MaxSendMessageSize = null });
        await fixture.Actors.Pool(Pool).ConfigureAsync(pool ?? QuickPool());
        await Eventually.TrueAsync(() => fixture.Fleet.View.Find(Pool)?.Definition is not null, what: "the pool is known");
        fixture.Lifetime.Ready();
        return fixture;
    }

    /// <summary>A pool that retries quickly.</summary>
    public static PoolDefinition QuickPool() => PoolDefinition.ForModel(Pool, "sim-model") with
    {
        Idle = TimeSpan.FromMilliseconds(300),
        Retry = new RetryPolicy { Backoff = new BackoffPolicy(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)) },
    };

    public static InstanceId Id(string name) => new(Pool, new InstanceName(name));

    /// <summary>An engine, and nobody who registers it.</summary>
    public async Task<SimEngineHost> EngineAsync(string name, InstanceRole role = InstanceRole.Mixed, Func<SimEngineOptions, SimEngineOptions>? shape = null)
    {
        var options = new SimEngineOptions { Name = name, Role = role, KeepsRequests = 100 };
        var engine = await SimEngineHost.StartAsync(shape?.Invoke(options) ?? options);
        _engines.Add(engine);
        return engine;
    }

    /// <summary>An engine that serves.</summary>
    public async Task<SimEngineHost> ServingAsync(string name, InstanceRole role = InstanceRole.Mixed, Func<SimEngineOptions, SimEngineOptions>? shape = null)
    {
        var engine = await EngineAsync(name, role, shape);
        var reply = await Actors.Instance(Id(name)).RegisterAsync(new Registration
        {
            Incarnation = new IncarnationId(engine.Incarnation),
            Role = role,
            Protocol = EngineProtocol.Vllm,
            Url = engine.Url,
            Model = "sim-model",
            TransferGroup = new TransferGroup("default"),
            Capacity = new InstanceCapacity(64, 0, 0),
        });
        Assert.Equal(InstanceVerdict.Accepted, reply.Verdict);
        await Eventually.TrueAsync(() => Seen(name) is { Schedulable: true }, what: $"{name} schedulable");
        return engine;
    }

    public InstanceView? Seen(string name) => Fleet.View.Find(Pool)!.View.TryGet(Id(name), out var seen) ? seen : null;

    /// <summary>What the fleet says of a request that ended.</summary>
    public async Task<RequestDescription> RequestAsync(Metadata metadata)
    {
        Assert.True(RequestId.TryParse(metadata.GetValue("krewe-request-id"), out var id), "the metadata has our id");
        return await Eventually.ReadAsync(() => Task.FromResult(Fleet.EndedRequests.Find(id)), ended => ended is not null)
            ?? throw new InvalidOperationException("No such request ended.");
    }

    /// <summary>Waits until nothing is reserved anywhere and no engine works.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(
        () => Fleet.Reservations.Count == 0
            && Fleet.View.Find(Pool)!.View.All().All(one => one.Load.ReservedRequests == 0)
            && _engines.All(engine => !engine.IsUp || engine.State is { Running: 0, Waiting: 0, LeasesHeld: 0 }),
        what: "nothing reserved, nothing running");

    /// <summary>The port is gone at once, and every connection with it.</summary>
    public Task CutAsync() => _application.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _application.DisposeAsync();
        await _silo.DisposeAsync();
        await _fleet.DisposeAsync();
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        _clients.Dispose();
        _instruments.Dispose();
        Lifetime.Dispose();
    }
}
