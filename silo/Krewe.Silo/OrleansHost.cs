using System.Net;
using System.Net.Sockets;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Operators;
using Krewe.Gateway.Metrics;
using Krewe.Gateway.Ports;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Hosting.Tls;
using Krewe.Orleans.Membership;
using Krewe.Orleans.Storage;
using Krewe.Orleans.Telemetry;
using Krewe.Silo.Hosting.Commands;
using Krewe.Silo.Hosting.Composition;
using Orleans.Dashboard;

namespace Krewe.Silo;

/// <summary>Hosts the actors as Orleans grains: alone with a SQLite file, or one of many silos.</summary>
internal sealed class OrleansHost : IActorHost
{
    private const string Section = KreweOrleansOptions.Section;

    private static readonly TimeSpan StoreLimit = TimeSpan.FromSeconds(30);

    public string Name => "orleans";

    public IGrpcPort? Grpc { get; } = new KreweGrpcPort();

    public async Task ConfigureAsync(WebApplicationBuilder builder, SiloSettings settings, FleetServices services)
    {
        var options = Read(builder.Configuration);
        CheckPorts(options);
        if (options.UsesPostgreSql)
        {
            await StoreAsync("PostgreSql", limit => PostgreSqlSchema.CheckAsync(options.PostgreSql!, limit));
        }

        if (options.Clustering == ClusteringNames.Redis)
        {
            await StoreAsync("Redis", limit => RedisReach.CheckAsync(options.Redis!, limit));
        }

        // It advises a server's garbage collector; the silo's is chosen for steady latency and a small process.
        builder.Logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);

        // Its first round counts from the machine's start, and warns of that.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        builder.Services.AddSingleton<ISiloDirectory, ClusterSilos>();
        builder.Services.AddSingleton<ISiloRetirement, Retirement>();
        builder.Services.AddSingleton(new ExposedMeter(OrleansFigures.MeterName, OrleansFigures.Instruments));
        if (options.IsClustered)
        {
            builder.Services.AddHostedService<ReadinessHoldService>();
        }

        var tls = SiloTls.OfSilos(builder.Configuration);
        if (tls is not null)
        {
            builder.Services.AddSingleton(tls);
        }

        builder.UseOrleans(silo =>
        {
            silo.UseKrewe(services, StateFile(settings), options).AddKreweFatalExit().AddSiloDashboard(options.ProfileCalls);
            if (tls is not null)
            {
                silo.UseKreweTls(() => tls.Called, () => tls.Calling);
            }
        });
    }

    public void MapControl(WebApplication control)
    {
        ArgumentNullException.ThrowIfNull(control);
        control.Services.GetService<PeerTls>()?.LogTo(control.Services.GetRequiredService<ILogger<PeerTls>>());
        control.MapOrleansDashboard("/dashboard").ForOperators(control.Services.GetRequiredService<ControlAccess>());
    }

    public async Task<string> MigrateAsync(SiloSettings settings, IConfiguration configuration)
    {
        var options = Read(configuration);
        var done = new List<string>();
        if (options.UsesPostgreSql)
        {
            var changed = false;
            await StoreAsync("PostgreSql", async limit => changed = await PostgreSqlSchema.MigrateAsync(options.PostgreSql!, limit));
            done.Add($"PostgreSQL has schema {PostgreSqlSchema.Version}{(changed ? "" : ", as before")}");
        }

        if (options.Storage == StorageNames.Sqlite)
        {
            SqliteSchema.Ensure(StateFile(settings));
            done.Add($"{StateFile(settings)} is ready");
        }

        return string.Join("; ", done) + ".";
    }

    private static string StateFile(SiloSettings settings) => Path.Combine(settings.Data, "krewe-orleans.db");

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
        return errors.Count == 0 ? options : throw new UsageException(string.Join(" ", errors));
    }

    private static void CheckPorts(KreweOrleansOptions options)
    {
        var address = IPAddress.Parse(options.Address);
        foreach (var (key, port) in new[] { ("SiloPort", options.SiloPort), ("GatewayPort", options.GatewayPort ?? 0) })
        {
            using var listener = new TcpListener(address, port);
            try
            {
                listener.Start();
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
            {
                throw new UsageException($"{Section}:Address: {address} is not an address of this machine.", error);
            }
            catch (SocketException error) when (port != 0)
            {
                throw new UsageException($"{Section}:{key}: port {port} is in use.", error);
            }
        }
    }

    private static async Task StoreAsync(string key, Func<CancellationToken, Task> use)
    {
        using var limit = new CancellationTokenSource(StoreLimit);
        try
        {
            await use(limit.Token);
        }
        catch (IOException error)
        {
            throw new UsageException($"{Section}:{key}: {error.Message.ReplaceLineEndings(" ")}", error);
        }
        catch (OperationCanceledException error)
        {
            throw new UsageException($"{Section}:{key}: no answer within {StoreLimit.TotalSeconds} s.", error);
        }
    }
}
