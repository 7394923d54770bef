using System.Net;
using System.Net.Sockets;
using Krewe.Fleet.Hosting;
using Krewe.Orleans.Hosting;
using Krewe.Silo.Hosting.Commands;
using Krewe.Silo.Hosting.Composition;

namespace Krewe.Silo;

/// <summary>Hosts the actors as Orleans grains: a cluster of this silo alone, its state in one SQLite file.</summary>
internal sealed class OrleansHost : IActorHost
{
    private const string Section = "Krewe:Orleans";

    public string Name => "orleans";

    public void Configure(WebApplicationBuilder builder, SiloSettings settings, FleetServices services)
    {
        var options = Read(builder.Configuration);

        // It advises a server's garbage collector; the silo's is chosen for steady latency and a small process.
        builder.Logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);

        // Its first round counts from the machine's start, and warns of that.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        builder.UseOrleans(silo => silo.UseKrewe(services, Path.Combine(settings.Data, "krewe-orleans.db"), options));
    }

    private static KreweOrleansOptions Read(IConfiguration configuration)
    {
        KreweOrleansOptions options;
        try
        {
            options = configuration.GetSection(Section).Get<KreweOrleansOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new KreweOrleansOptions();
        }
        catch (InvalidOperationException error)
        {
            throw new UsageException($"{Section}: {error.InnerException?.Message ?? error.Message}", error);
        }

        var errors = options.Validate().ToList();
        if (errors.Count > 0)
        {
            throw new UsageException(string.Join(" ", errors));
        }

        return options.SiloPort == 0 || IsFree(options.SiloPort) ? options : throw new UsageException($"{Section}:SiloPort: port {options.SiloPort} is in use.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
