using Krewe.Engines.Bodies;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Resume;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client;

/// <summary>The OpenAI API, as the contract has it.</summary>
public static class ClientPort
{
    /// <summary>Maps everything that the client port serves.</summary>
    /// <param name="app">Where: a server of its own, since every answer there is the client port's.</param>
    /// <param name="fleet">What the silo knows.</param>
    /// <param name="actors">Its actors.</param>
    /// <param name="clients">How engines are called.</param>
    /// <param name="silo">Its way up and down.</param>
    /// <param name="options">Valid ones.</param>
    /// <param name="access">Who may call; null = as the options say, for good.</param>
    public static void MapKreweClient(
        this WebApplication app, FleetServices fleet, IActors actors, EngineClients clients, SiloLifetime silo, ClientPortOptions options, ClientAccess? access = null)
    {
        app.MapKreweClient(fleet, actors, new InferencePipeline(fleet, actors, clients, silo, options), silo, options, access);
    }

    /// <summary>The same, over a pipeline that other ports of this silo use as well.</summary>
    public static void MapKreweClient(
        this WebApplication app, FleetServices fleet, IActors actors, InferencePipeline pipeline, SiloLifetime silo, ClientPortOptions options, ClientAccess? access = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(fleet);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(options);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Krewe.Client");
        app.Use(next => new EveryAnswer(fleet, options, logger, next).ServeAsync);

        var known = new KnownCallers(access ?? new ClientAccess(options, fleet.Time), fleet.Instruments);
        var streams = new HeldStreams(options, fleet.Time);
        var inference = new InferenceEndpoint(fleet, pipeline, new ResumableCalls(pipeline, streams, silo), silo, options);
        foreach (var endpoint in Enum.GetValues<RequestEndpoint>())
        {
            Map(app, endpoint.Path(), known.Only(HttpMethods.Post, (http, caller) => inference.ServeAsync(http, endpoint, caller)));
        }

        Map(app, "/v1/models", known.Only(HttpMethods.Get, (http, caller) => ModelsEndpoint.ListAsync(http, caller, fleet.View)));

        var local = new LocalRequests(fleet, actors, streams, pipeline.Calls);
        fleet.RequestHolder = local;
        var requests = new RequestsEndpoint(fleet, local, streams, silo);
        Map(app, "/v1/requests/{id}/stream", known.Only(HttpMethods.Get, requests.StreamAsync));
        Map(app, "/v1/requests/{id}", known.Only(HttpMethods.Get, requests.DescribeAsync), known.Only(HttpMethods.Delete, requests.CancelAsync));

        // Model names may hold slashes.
        Map(
            app,
            "/v1/models/{**model}",
            known.Only(HttpMethods.Get, (http, caller) => ModelsEndpoint.GetAsync(http, caller, fleet.View, (string)http.Request.RouteValues["model"]!)));
        Map(app, "/livez", (HttpMethods.Get, static http => HealthAsync(http, isUp: true)));
        Map(app, "/readyz", (HttpMethods.Get, http => HealthAsync(http, silo.IsReady)));
        app.MapFallback("/{**path}", static http => ErrorWriter.WriteAsync(http.Response, ApiErrors.UnknownPath, http.RequestAborted));
    }

    // One endpoint per path, whatever the method, so that a wrong one is told in the contract's shape.
    private static void Map(IEndpointRouteBuilder routes, string path, params (string Method, RequestDelegate Handle)[] methods)
    {
        var allowed = string.Join(", ", methods.Select(entry => entry.Method));
        routes.Map(path, http =>
        {
            foreach (var (method, handle) in methods)
            {
                if (HttpMethods.Equals(http.Request.Method, method))
                {
                    return handle(http);
                }
            }

            http.Response.Headers.Allow = allowed;
            return ErrorWriter.WriteAsync(http.Response, ApiErrors.MethodNotAllowed(allowed), http.RequestAborted);
        });
    }

    private static Task HealthAsync(HttpContext http, bool isUp)
    {
        http.Response.StatusCode = isUp ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = "text/plain";
        return http.Response.WriteAsync(isUp ? "ok\n" : "not ready\n", http.RequestAborted);
    }
}
