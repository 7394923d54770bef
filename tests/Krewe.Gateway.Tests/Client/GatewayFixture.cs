using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.EngineSim.Hosting;
using Krewe.Engines.Http;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Polling;
using Krewe.Gateway.Ports;
using Krewe.Gateway.Serving;
using Krewe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Tests.Client;

/// <summary>The client port in this process: real sockets, the local host, simulated engines that register without an agent.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    private readonly List<SimEngineHost> _engines = [];
    private readonly Counters _counters = new();
    private readonly KreweInstruments _instruments;
    private readonly EngineClients _clients;
    private readonly LocalFleet _fleet;
    private readonly WebApplication _app;

    private GatewayFixture(ShutdownOptions shutdown, FleetOptions fleet, ClientPortOptions? options, TimeProvider? time, bool anonymous, PortLimits? limits, ILoggerProvider? logs)
    {
        Options = options ?? new ClientPortOptions { MaxBodyBytes = 64 << 10 };
        Options.AllowAnonymousLoopback |= anonymous && Options.Keys.Count == 0;
        Access = new ClientAccess(Options, time ?? TimeProvider.System);
        _instruments = new KreweInstruments(_counters);
        FleetServices? known = null;
        _clients = new EngineClients(pool => known?.View.Find(pool)?.Definition, new EngineClientOptions());
        known = new FleetServices(
            new SiloId("test"), TimeProvider.System, new SeededRandom(1), new EngineProbe(_clients, TimeProvider.System), fleet, _instruments);
        _fleet = new LocalFleet(new MemoryStateStore(), known);
        Lifetime = new SiloLifetime(shutdown, TimeProvider.System);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            (limits ?? new PortLimits()).Apply(kestrel, Options.MaxBodyBytes);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddRoutingCore();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace).AddPortFilters();
        }

        _app = builder.Build();
        _app.MapKreweClient(known, _fleet.Actors, _clients, Lifetime, Options, Access);
    }

    public static PoolName Pool { get; } = new("sim");

    public ClientPortOptions Options { get; }

    public EndpointDataSource Endpoints => _app.Services.GetRequiredService<EndpointDataSource>();

    public ClientAccess Access { get; }

    public SiloLifetime Lifetime { get; }

    /// <summary>What this silo counted.</summary>
    public Counters Counters => _counters;

    public FleetServices Fleet => _fleet.Services;

    public IActors Actors => _fleet.Actors;

    public HttpClient Http { get; private set; } = null!;

    public static async Task<GatewayFixture> StartAsync(
        PoolDefinition? pool = null, ShutdownOptions? shutdown = null, FleetOptions? fleet = null, ClientPortOptions? options = null, TimeProvider? keysTime = null, bool anonymous = true,
        PortLimits? limits = null, ILoggerProvider? logs = null, Action<IEndpointRouteBuilder>? more = null)
    {
        var fixture = new GatewayFixture(shutdown ?? new ShutdownOptions { Settle = TimeSpan.Zero, Grace = TimeSpan.FromSeconds(5) }, fleet ?? new FleetOptions(), options, keysTime, anonymous, limits, logs);
        more?.Invoke(fixture._app);
        await fixture._app.StartAsync();
        var address = fixture._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        // Who leaves, leaves: by default a client reads on for a while, to keep the connection.
        fixture.Http = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(30) };
        await fixture._fleet.Actors.Pool(Pool).ConfigureAsync(pool ?? PoolDefinition.ForModel(Pool, "sim-model"));
        fixture.Lifetime.Ready();
        return fixture;
    }

    /// <summary>A pool that retries quickly, for tests of failures.</summary>
    public static PoolDefinition QuickPool() => PoolDefinition.ForModel(Pool, "sim-model") with
    {
        Idle = TimeSpan.FromMilliseconds(300),
        Retry = new RetryPolicy { Backoff = new BackoffPolicy(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)) },
    };

    public async Task<SimEngineHost> EngineAsync(string name, InstanceRole role, Func<SimEngineOptions, SimEngineOptions>? shape = null, int maxConcurrency = 64)
    {
        var options = new SimEngineOptions { Name = name, Role = role, KeepsRequests = 100 };
        var engine = await SimEngineHost.StartAsync(shape?.Invoke(options) ?? options);
        _engines.Add(engine);
        await RegisterAsync(name, role, engine.Url, engine.Incarnation, maxConcurrency);
        return engine;
    }

    public async Task RegisterAsync(string name, InstanceRole role, Uri url, string incarnation = "life-1", int maxConcurrency = 64, EngineProtocol protocol = EngineProtocol.Vllm)
    {
        var id = new InstanceId(Pool, new InstanceName(name));
        var reply = await _fleet.Actors.Instance(id).RegisterAsync(new Registration
        {
            Incarnation = new IncarnationId(incarnation),
            Role = role,
            Protocol = protocol,
            Url = url,
            Model = "sim-model",
            TransferGroup = new TransferGroup("default"),
            Capacity = new InstanceCapacity(maxConcurrency, 0, 0),
        });
        Assert.Equal(InstanceVerdict.Accepted, reply.Verdict);
        await Eventually.TrueAsync(() => Fleet.View.Find(Pool)!.View.TryGet(id, out var seen) && seen.Schedulable, what: $"{name} schedulable");
    }

    public async Task<HttpResponseMessage> PostAsync(string path, object body, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = body is string text ? new StringContent(text, Encoding.UTF8, "application/json") : JsonContent.Create(body),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public static object Chat(string text = "Say hello.", bool stream = false, int maxTokens = 8, object? sim = null) => new
    {
        model = "sim-model",
        messages = new[] { new { role = "user", content = text } },
        max_tokens = maxTokens,
        ignore_eos = true,
        stream,
        krewe_sim = sim ?? new { },
    };

    /// <summary>What the fleet says of the request that this answer belongs to.</summary>
    public async Task<RequestDescription> RequestAsync(HttpResponseMessage response)
    {
        Assert.True(RequestId.TryParse(response.Headers.GetValues("Krewe-Request-Id").Single(), out var id));
        return await Eventually.ReadAsync(
            () => Task.FromResult(Fleet.EndedRequests.Find(id)),
            description => description is not null) ?? throw new InvalidOperationException("No such request ended.");
    }

    /// <summary>Waits until nothing is reserved anywhere and no engine works.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(
        () => Fleet.Reservations.Count == 0
            && Fleet.View.Find(Pool)!.View.All().All(one => one.Load.ReservedRequests == 0)
            && _engines.All(engine => !engine.IsUp || engine.State is { Running: 0, Waiting: 0, LeasesHeld: 0 })
            && Fleet.View.Find(Pool)!.Budget is { RequestsInFlight: 0, RetriesInFlight: 0 },
        what: "nothing reserved, nothing running");

    public static async Task<JsonElement> ErrorAsync(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var error = json.RootElement.GetProperty("error").Clone();
        Assert.Equal(JsonValueKind.String, error.GetProperty("code").ValueKind);
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        return error;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _fleet.DisposeAsync();
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        _clients.Dispose();
        _instruments.Dispose();
        _counters.Dispose();
        Lifetime.Dispose();
    }
}
