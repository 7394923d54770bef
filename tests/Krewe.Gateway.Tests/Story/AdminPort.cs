using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Gateway.Control;
using Krewe.Gateway.Ports;
using Krewe.Gateway.Tests.Client;
using Krewe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Tests.Story;

/// <summary>The control port of a gateway under test: what an operator would read.</summary>
internal sealed class AdminPort : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly HttpClient _http;

    private AdminPort(WebApplication application)
    {
        _application = application;
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <param name="gateway">Whose.</param>
    /// <param name="configure">Credentials. Default: none are needed.</param>
    /// <param name="logs">Where everything is logged to.</param>
    public static async Task<AdminPort> StartAsync(GatewayFixture gateway, Action<ControlOptions>? configure = null, ILoggerProvider? logs = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace).AddPortFilters();
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));

        // Objects, not factories: what others made is not disposed of with this port.
        builder.Services.AddSingleton(gateway.Lifetime).AddSingleton(gateway.Fleet).AddSingleton(gateway.Actors);

        // Whose meters: the page shows its own silo's only.
        builder.Services.AddSingleton<IMeterFactory>(gateway.Counters);
        builder.Services.AddKreweControl(configure ?? (options => options.AllowAnonymousLoopback = true));
        var application = builder.Build();
        application.MapKreweControl();
        await application.StartAsync();
        return new AdminPort(application);
    }

    public HttpClient Http => _http;

    public EndpointDataSource Endpoints => _application.Services.GetRequiredService<EndpointDataSource>();

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        }

        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        return await _http.SendAsync(request);
    }

    /// <summary>The story of the request that this answer belongs to, once it ended.</summary>
    public Task<JsonElement> EndedAsync(HttpResponseMessage response) => Eventually.ReadAsync(
        () => _http.GetFromJsonAsync<JsonElement>($"/admin/v1/requests/{response.Headers.GetValues("Krewe-Request-Id").Single()}"),
        request => request.GetProperty("outcome").ValueKind == JsonValueKind.String);

    /// <summary>The journal, oldest first, once it holds this.</summary>
    public Task<List<Entry>> EventsAsync(Func<List<Entry>, bool> until) => Eventually.ReadAsync(
        async () =>
        {
            var page = await _http.GetFromJsonAsync<JsonElement>("/admin/v1/events?pool=sim&limit=1000");
            return page.GetProperty("events").EnumerateArray().Reverse().Select(Read).ToList();
        },
        until);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _application.DisposeAsync();
    }

    private static Entry Read(JsonElement entry) => new(
        entry.GetProperty("at").GetDateTimeOffset(),
        entry.GetProperty("instance").GetString(),
        entry.GetProperty("epoch") is { ValueKind: JsonValueKind.Number } epoch ? epoch.GetInt64() : null,
        entry.GetProperty("incarnation").GetString(),
        $"{entry.GetProperty("what").GetString()} {entry.GetProperty("from").GetString()} -> {entry.GetProperty("to").GetString()} by {entry.GetProperty("cause").GetString()}");

    /// <param name="At">When.</param>
    /// <param name="Instance">Whose; null for the pool's own.</param>
    /// <param name="Epoch">Of which life.</param>
    /// <param name="Incarnation">And who that was.</param>
    /// <param name="Text">What moved, from where to where, and why.</param>
    internal sealed record Entry(DateTimeOffset At, string? Instance, long? Epoch, string? Incarnation, string Text);
}
