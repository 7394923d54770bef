using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Tests.Polling;

/// <summary>An engine's <c>/health</c> and <c>/metrics</c>, which dies and comes back at the same address when told.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private WebApplication? _application;
    private volatile string _metrics = "";
    private volatile int _status = StatusCodes.Status200OK;

    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>What <c>/health</c> answers with.</summary>
    public int Status
    {
        get => _status;
        set => _status = value;
    }

    /// <summary>The page of metrics; null = it has none.</summary>
    public string? Metrics
    {
        get => _metrics;
        set => _metrics = value ?? "";
    }

    public static string Page(int running, double? start = null) =>
        $"vllm:num_requests_running{{model_name=\"m\"}} {running}\nvllm:num_requests_waiting 2\nvllm:kv_cache_usage_perc 0.25\n"
        + (start is { } at ? FormattableString.Invariant($"process_start_time_seconds {at}\n") : "");

    public static async Task<FakeEngine> StartAsync(string? metrics = null)
    {
        var engine = new FakeEngine { Metrics = metrics };
        await engine.ComeBackAsync();
        return engine;
    }

    public async Task ComeBackAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Url.Port));
        var application = builder.Build();
        application.MapGet("/health", http =>
        {
            http.Response.StatusCode = Status;
            return Task.CompletedTask;
        });
        application.MapGet("/metrics", http =>
        {
            http.Response.StatusCode = Metrics is { Length: > 0 } ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            return http.Response.WriteAsync(Metrics ?? "");
        });
        await application.StartAsync();
        Url = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _application = application;
    }

    public async Task DieAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            await application.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await DieAsync();
}
