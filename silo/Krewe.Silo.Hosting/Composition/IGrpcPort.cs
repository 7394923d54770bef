using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The gRPC port of the silos that have one. The local silo builds where its packages do not restore.</summary>
public interface IGrpcPort
{
    /// <summary>Adds what it needs.</summary>
    /// <param name="services">Its own application's.</param>
    /// <param name="silo">The control port's services, which the ports of a silo share.</param>
    /// <param name="pipeline">What serves requests, whatever port they come by.</param>
    /// <param name="options">Their limits.</param>
    /// <param name="access">Who may ask for them.</param>
    void Configure(IServiceCollection services, IServiceProvider silo, InferencePipeline pipeline, ClientPortOptions options, ClientAccess access);

    void Map(WebApplication application);
}
