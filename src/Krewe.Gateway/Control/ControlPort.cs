using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Console;
using Krewe.Gateway.Console.Live;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Engines;
using Krewe.Gateway.Control.Operators;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Control;

/// <summary>The control port, as the contract has it: engines, operators, metrics, health.</summary>
public static class ControlPort
{
    /// <summary>The meters that <c>/metrics</c> shows.</summary>
    public static IReadOnlyList<string> Meters { get; } = [KreweInstruments.MeterName, "System.Runtime"];

    /// <summary>
    /// What the control port needs beside <see cref="FleetServices"/>, <see cref="IActors"/> and
    /// <see cref="SiloLifetime"/>: its options, checked here; who is let in; the exposition of metrics; a directory of silos that knows
    /// this one alone, unless another was added before.
    /// </summary>
    /// <exception cref="ArgumentException">An option is not valid; the message names every key.</exception>
    public static IServiceCollection AddKreweControl(this IServiceCollection services, Action<ControlOptions>? configure = null)
    {
        var options = new ControlOptions();
        configure?.Invoke(options);
        var wrong = options.Validate().ToList();
        if (wrong.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, wrong), nameof(configure));
        }

        services.AddSingleton(options);
        services.TryAddSingleton(static provider => new ControlAccess(provider.GetRequiredService<ControlOptions>()));
        services.TryAddSingleton(static provider => new PrometheusExposition(
            Meters, provider.GetService<System.Diagnostics.Metrics.IMeterFactory>(), more: provider.GetServices<ExposedMeter>()));
        services.TryAddSingleton(static provider =>
        {
            var (fleet, actors, control) = (provider.GetRequiredService<FleetServices>(), provider.GetRequiredService<IActors>(), provider.GetRequiredService<ControlOptions>());
            return new EngineCommands(fleet, actors, new PoolFinder(fleet.View, actors, control, fleet.Time), control);
        });
        services.TryAddSingleton(static provider => new ConsoleBoard(
            provider.GetRequiredService<FleetServices>(),
            provider.GetRequiredService<IActors>(),
            provider.GetRequiredService<ISiloDirectory>(),
            provider.GetRequiredService<PrometheusExposition>()));
        services.TryAddSingleton<ISiloDirectory>(static provider =>
            new SingleSilo(provider.GetRequiredService<FleetServices>().Silo, provider.GetRequiredService<SiloLifetime>()));
        return services;
    }

    /// <summary>
    /// Maps everything that the control port serves, and answers every other path with the contract's error. The port
    /// must be an application (a server) of its own: a host name in a request does not tell who may reach what.
    /// </summary>
    public static void MapKreweControl(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var services = routes.ServiceProvider;
        var fleet = services.GetRequiredService<FleetServices>();
        var actors = services.GetRequiredService<IActors>();
        var options = services.GetRequiredService<ControlOptions>();
        var access = services.GetRequiredService<ControlAccess>();
        var mapped = new ControlRoutes(routes, access, services.GetRequiredService<ILoggerFactory>().CreateLogger("Krewe.Control"));
        new EngineEndpoints(services.GetRequiredService<EngineCommands>(), fleet.Time, options).Map(mapped);
        new PoolEndpoints(fleet, actors, options).Map(mapped);
        new SiloEndpoints(fleet, actors, services.GetRequiredService<SiloLifetime>(), services.GetRequiredService<ISiloDirectory>(), options).Map(mapped);
        new ConsolePage().Map(mapped);
        mapped.MapForOperators("/admin/v1/stream", (HttpMethods.Get, new ConsoleStream(fleet, services.GetRequiredService<ConsoleBoard>(), access).GetAsync));
        var page = new MetricsEndpoint(services.GetRequiredService<PrometheusExposition>());
        if (options.AnonymousMetrics)
        {
            mapped.MapOpen("/metrics", page.GetAsync);
        }
        else
        {
            mapped.MapForOperators("/metrics", (HttpMethods.Get, page.GetAsync));
        }

        mapped.MapUnknown();
    }
}
