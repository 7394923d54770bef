using Krewe.Fleet.Hosting;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Engines;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Serving;
using Krewe.Grpc.Errors;
using Krewe.Grpc.Readiness;
using Krewe.Grpc.Serving;
using Krewe.Grpc.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grpc;

/// <summary>The gRPC port: inference, engine sessions, health, reflection. It must be an application (a server) of its own.</summary>
public static class GrpcPort
{
    // What a message has around its body.
    private const int Envelope = 64;

    // Health checks and reflection ask little.
    private const int MaxSmallMessage = 64 << 10;

    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);

    /// <summary>What the port needs.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="silo">The control port's services, which the ports of a silo share; see <see cref="ControlPort.AddKreweControl"/>.</param>
    /// <param name="pipeline">What serves requests.</param>
    /// <param name="options">Their limits.</param>
    /// <param name="access">Who may ask for them.</param>
    public static IServiceCollection AddKreweGrpc(this IServiceCollection services, IServiceProvider silo, InferencePipeline pipeline, ClientPortOptions options, ClientAccess access)
    {
        ArgumentNullException.ThrowIfNull(options);
        var control = silo.GetRequiredService<ControlOptions>();

        // As instances: they are the silo's, and outlive this application.
        services.AddSingleton(silo.GetRequiredService<FleetServices>());
        services.AddSingleton(silo.GetRequiredService<SiloLifetime>());
        services.AddSingleton(silo.GetRequiredService<EngineCommands>());
        services.AddSingleton(silo.GetRequiredService<ControlAccess>());
        services.AddSingleton(control);
        services.AddSingleton(pipeline);
        services.AddSingleton(options);
        services.AddSingleton(access);

        services.AddSingleton<KeyGate>();
        services.AddSingleton<SessionTable>();
        services.AddSingleton<InferenceService>();
        services.AddSingleton<EngineSessionsService>();
        services.AddSingleton<HealthService>();
        services.AddSingleton<FaultInterceptor>();
        services
            .AddGrpc(grpc =>
            {
                grpc.MaxReceiveMessageSize = MaxSmallMessage;
                grpc.Interceptors.Add<FaultInterceptor>();
            })
            .AddServiceOptions<InferenceService>(service => service.MaxReceiveMessageSize = options.MaxBodyBytes + Envelope)
            .AddServiceOptions<EngineSessionsService>(service => service.MaxReceiveMessageSize = control.MaxBodyBytes);
        services.AddGrpcReflection();

        // A peer that is gone without a word is found out: its sessions end.
        return services.Configure<KestrelServerOptions>(kestrel =>
        {
            // gRPC limits each message by its length, which it says beforehand, in its own words; what comes behind the one
            // message of a call is not read, and so bounded by the stream's window.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
            kestrel.Limits.Http2.KeepAlivePingTimeout = PingDelay;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1_000;
        });
    }

    /// <summary>Maps everything that the port serves.</summary>
    public static void MapKreweGrpc(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var gate = routes.ServiceProvider.GetRequiredService<KeyGate>();
        routes.MapGrpcService<InferenceService>().Add(endpoint => endpoint.RequestDelegate = gate.Guard(endpoint.RequestDelegate!));
        routes.MapGrpcService<EngineSessionsService>();
        routes.MapGrpcService<HealthService>();
        routes.MapGrpcReflectionService();
    }
}
