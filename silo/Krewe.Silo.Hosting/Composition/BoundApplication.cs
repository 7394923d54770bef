using System.Net;
using System.Net.Sockets;
using Krewe.Gateway.Ports;
using Krewe.Silo.Hosting.Commands;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>One HTTP port of the silo.</summary>
internal static class BoundApplication
{
    // Protocols: null = HTTP/1.1, and over TLS HTTP/2 as well.
    public static void Listen(
        WebApplicationBuilder builder, IPAddress bind, int port, long maxBodyBytes, PortLimits limits, PortTls? tls, HttpProtocols? protocols = null) =>
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            limits.Apply(kestrel, maxBodyBytes);
            kestrel.Listen(bind, port, listen =>
            {
                listen.Protocols = protocols ?? (tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2);
                tls?.Apply(listen);
            });
        });

    /// <summary>Starts it and says where it listens.</summary>
    /// <exception cref="UsageException">The port is in use, or may not be had.</exception>
    public static async Task<string> StartAsync(WebApplication application, string option, int port)
    {
        try
        {
            await application.StartAsync();
        }
        catch (Exception error) when (error is IOException { InnerException: AddressInUseException } or AddressInUseException)
        {
            throw new UsageException($"{option}: port {port} is in use.", error);
        }
        catch (SocketException error)
        {
            throw new UsageException($"{option}: port {port} cannot be had: {error.Message}", error);
        }

        return application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }
}
