using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.EngineSim.Tests.Agent;

/// <summary>The part of a silo that agents see, with answers that a test sets.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(int Status, string Body, int? RetryAfter)> _next = new();

    private ControlServer(WebApplication app) => _app = app;

    public ConcurrentQueue<ControlCall> Calls { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <summary>Told in every accepted heartbeat.</summary>
    public string Admin { get; set; } = "Open";

    public IEnumerable<ControlCall> Registrations => Calls.Where(static call => call.Method == "PUT");

    public IEnumerable<ControlCall> Heartbeats => Calls.Where(static call => call.Method == "POST");

    public static async Task<ControlServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var server = new ControlServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    /// <summary>Answers the next call, whatever it is, like this.</summary>
    public void AnswerNext(int status, string code, int? retryAfter = null) => _next.Enqueue((status, $$$"""{"error":{"message":"because","code":"{{{code}}}"}}""", retryAfter));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        Calls.Enqueue(new ControlCall(
            http.Request.Method, http.Request.Path + http.Request.QueryString.Value, http.Request.Headers.Authorization.ToString(),
            body.Length > 0 ? JsonElement.Parse(body) : default));
        if (_next.TryDequeue(out var answer))
        {
            http.Response.StatusCode = answer.Status;
            if (answer.RetryAfter is { } seconds)
            {
                http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            await http.Response.WriteAsync(answer.Body);
            return;
        }

        await http.Response.WriteAsync(http.Request.Method switch
        {
            "PUT" => """{"epoch":7,"state":"Joining","leaseMs":3000,"heartbeatMs":20}""",
            "POST" => $$"""{"state":"Active","admin":"{{Admin}}","epoch":7}""",
            _ => "",
        });
    }
}
