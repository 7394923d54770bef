using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Tests.Client;

/// <summary>An engine that streams what the test has written down: one script per request, each ended well or broken off.</summary>
internal sealed class ScriptedEngine : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string[] Events, bool IsWhole)> _scripts = new();

    private ScriptedEngine(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Bodies of the generation requests, in order.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    /// <summary>Trace contexts of the generation requests, in order.</summary>
    public ConcurrentQueue<string> TraceParents { get; } = new();

    public ConcurrentQueue<string> TraceStates { get; } = new();

    public static async Task<ScriptedEngine> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var engine = new ScriptedEngine(app);
        app.Run(engine.AnswerAsync);
        await app.StartAsync();
        engine.Url = new Uri(app.Urls.Single());
        return engine;
    }

    /// <summary>The next request gets these events, and <c>[DONE]</c>.</summary>
    public void Answers(params string[] events) => _scripts.Enqueue((events, true));

    /// <summary>The next request gets these events, and then the connection is closed inside the body.</summary>
    public void Breaks(params string[] events) => _scripts.Enqueue((events, false));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (!http.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
        {
            http.Response.StatusCode = http.Request.Path == "/health" ? 200 : 404;
            return;
        }

        TraceParents.Enqueue(http.Request.Headers.TraceParent.ToString());
        TraceStates.Enqueue(http.Request.Headers.TraceState.ToString());
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        Received.Enqueue(await reader.ReadToEndAsync(http.RequestAborted));
        if (!_scripts.TryDequeue(out var script))
        {
            http.Response.StatusCode = 500;
            return;
        }

        http.Response.ContentType = "text/event-stream";
        await http.Response.StartAsync(http.RequestAborted);
        foreach (var one in script.IsWhole ? [.. script.Events, "[DONE]"] : script.Events)
        {
            await http.Response.WriteAsync($"data: {one}\n\n", http.RequestAborted);
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        if (!script.IsWhole)
        {
            // After the start, an error has the server close without an end of the body.
            throw new InvalidOperationException("The script ends here.");
        }
    }
}
