using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Krewe.Orleans.Hosting.Tls;

/// <summary>TLS on the connections between silos, both ways, and on those of clients of Orleans.</summary>
public static class SiloTransportTls
{
    /// <param name="silo">The silo.</param>
    /// <param name="called">What this silo shows and asks for where it is called; read for each connection.</param>
    /// <param name="calling">The same where it calls.</param>
    public static ISiloBuilder UseKreweTls(this ISiloBuilder silo, Func<SslServerAuthenticationOptions> called, Func<SslClientAuthenticationOptions> calling)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(Called);
            connections.ConfigureGatewayInboundConnection(Called);
            connections.ConfigureSiloOutboundConnection(Calling);
        });

        void Called(IConnectionBuilder builder) => builder.Use(next => new TlsConnection(
            next, (tls, stop) => tls.AuthenticateAsServerAsync(called(), stop), Logger(builder)).ServeAsync);

        void Calling(IConnectionBuilder builder) => builder.Use(next => new TlsConnection(
            next, (tls, stop) => tls.AuthenticateAsClientAsync(calling(), stop), Logger(builder)).ServeAsync);

        static ILogger Logger(IConnectionBuilder builder) => builder.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger<TlsConnection>();
    }
}
