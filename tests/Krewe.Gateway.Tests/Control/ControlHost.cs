using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Randomness;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Lifecycle;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Tests.Control;

/// <summary>A control port on a free port of this machine, over a fleet in memory whose engines answer as the test says.</summary>
internal sealed class ControlHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly LocalFleet _fleet;

    private ControlHost(WebApplication application, LocalFleet fleet, SiloLifetime lifetime, ProbedEngines engines)
    {
        _application = application;
        _fleet = fleet;
        Lifetime = lifetime;
        Engines = engines;
    }

    public FleetServices Fleet => _fleet.Services;

    public IActors Actors => _fleet.Actors;

    public ControlAccess Access => _application.Services.GetRequiredService<ControlAccess>();

    public SiloLifetime Lifetime { get; }

    public ProbedEngines Engines { get; }

    public required HttpClient Http { get; init; }

    public static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <param name="configure">The port's options; without it, the playground's.</param>
    /// <param name="pools">Configured pools; without them registrations make pools.</param>
    public static async Task<ControlHost> StartAsync(Action<ControlOptions>? configure = null, params PoolDefinition[] pools)
    {
        var engines = new ProbedEngines();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(provider => new FleetServices(
            new SiloId("silo-test"),
            TimeProvider.System,
            new SeededRandom(7),
            engines,
            new FleetOptions(),
            new KreweInstruments(provider.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>())));
        builder.Services.AddSingleton(provider => new LocalFleet(new MemoryStateStore(), provider.GetRequiredService<FleetServices>()));
        builder.Services.AddSingleton<IActors>(provider => provider.GetRequiredService<LocalFleet>().Actors);
        builder.Services.AddSingleton(new SiloLifetime(new ShutdownOptions(), TimeProvider.System));
        builder.Services.AddKreweControl(options =>
        {
            options.AllowAnonymousLoopback = configure is null;
            options.CreatePools = pools.Length == 0;
            configure?.Invoke(options);
        });
        var application = builder.Build();
        application.MapKreweControl();
        await application.StartAsync();
        var fleet = application.Services.GetRequiredService<LocalFleet>();
        await new FleetStarter(fleet.Actors).StartAsync(pools);
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new ControlHost(application, fleet, application.Services.GetRequiredService<SiloLifetime>(), engines)
        {
            Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(30) },
        };
    }

    public static string Registration(string incarnation = "one", string role = "mixed", string url = "http://127.0.0.1:9001", string model = "sim-model") =>
        $$"""{"incarnation":"{{incarnation}}","role":"{{role}}","protocol":"vllm","url":"{{url}}","model":"{{model}}"}""";

    public static string Heartbeat(string incarnation = "one", long sequence = 1) =>
        $$"""{"incarnation":"{{incarnation}}","sequence":{{sequence}},"load":{"running":3,"waiting":1,"kvUsage":0.5} }""";

    public Task<Answer> RegisterAsync(string name, string body, string pool = "sim") => SendAsync(HttpMethod.Put, $"/fleet/v1/pools/{pool}/instances/{name}", body);

    public Task<Answer> HeartbeatAsync(string name, string body) => SendAsync(HttpMethod.Post, $"/fleet/v1/pools/sim/instances/{name}/heartbeats", body);

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, string? token = null) =>
        SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), token);

    public async Task<Answer> SendAsync(HttpMethod method, string path, byte[]? body, string? token = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        JsonElement? json = null;
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
        {
            using var document = JsonDocument.Parse(text);
            json = document.RootElement.Clone();
        }

        return new Answer((int)response.StatusCode, response.Headers, text, json);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    /// <summary>What came back.</summary>
    internal sealed record Answer(int Status, HttpResponseHeaders Headers, string Text, JsonElement? Json)
    {
        public JsonElement Body => Json ?? throw new InvalidOperationException($"{Status}, and no JSON: {Text}");

        public string? Code => Error("code");

        public string? Param => Error("param");

        public string? Message => Error("message");

        public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;

        private string? Error(string field) =>
            Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("error", out var error) ? error.GetProperty(field).GetString() : null;
    }

    /// <summary>Engines whose health the test decides.</summary>
    internal sealed class ProbedEngines : IEngineProbe
    {
        private readonly ConcurrentDictionary<Uri, ProbeResult> _results = new();

        public void Set(string url, ProbeResult result) => _results[new Uri(url)] = result;

        public Task<ProbeResult> ProbeAsync(PoolName pool, Uri url, TimeSpan timeout, CancellationToken cancellationToken) =>
            Task.FromResult(_results.GetValueOrDefault(url, ProbeResult.Ok));
    }
}
