using System.Net;
using System.Net.Sockets;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.Resume;
using Krewe.Fleet.Silos;
using Krewe.Orleans.Feeds;
using Krewe.Orleans.Membership;
using Krewe.Orleans.Requests;
using Krewe.Orleans.Resume;
using Krewe.Orleans.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using StackExchange.Redis;

namespace Krewe.Orleans.Hosting;

/// <summary>Makes an Orleans silo a host of the fleet's actors.</summary>
public static class KreweSiloBuilderExtensions
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(5);

    /// <summary>A silo as the options say: the actors, clustering, and where the state is kept.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="fleet">What its actors share. Its owner disposes it, after the silo.</param>
    /// <param name="stateFile">Where state is kept in SQLite: the file; made where it is not there. No other silo may use it.</param>
    /// <param name="options">The options; defaults where null: one silo alone, on the loopback address, state in the file.</param>
    /// <exception cref="ArgumentException">An option that cannot be; the message names its key.</exception>
    /// <exception cref="IOException">The file cannot be opened, or another silo uses it.</exception>
    public static ISiloBuilder UseKrewe(this ISiloBuilder silo, FleetServices fleet, string stateFile, KreweOrleansOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        options ??= new KreweOrleansOptions();
        if (options.Storage == StorageNames.PostgreSql)
        {
            return silo.AddKreweActors(fleet, options).AddKreweAdoNetStorage(PostgreSqlSchema.Invariant, options.PostgreSql!).UseKreweClustering(options);
        }

        var held = StateFileLock.Take(stateFile);
        try
        {
            silo.AddKreweActors(fleet, options).AddKreweSqliteStorage(stateFile).UseKreweClustering(options);
        }
        catch
        {
            held.Dispose();
            throw;
        }

        silo.Services.AddSingleton(_ => held);
        silo.Services.AddHostedService(static services => services.GetRequiredService<StateFileLock>());
        return silo;
    }

    /// <summary>
    /// The actors, and what they need but for clustering and storage: <see cref="IActors"/>, the loop that re-asserts
    /// reservations, limits. The storage is the silo's grain storage named <c>krewe</c>.
    /// </summary>
    /// <exception cref="ArgumentException">An option that cannot be; the message names its key.</exception>
    public static ISiloBuilder AddKreweActors(this ISiloBuilder silo, FleetServices fleet, KreweOrleansOptions options)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(fleet);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate().FirstOrDefault() is { } error)
        {
            throw new ArgumentException(error, nameof(options));
        }

        silo.Services.TryAddSingleton(fleet);
        silo.Services.AddSingleton<IActors, GrainActors>();
        silo.Services.AddSingleton(new StorageLane(options.StorageThreads));
        silo.Services.AddSingleton<IStateStore>(static services => new GrainStateStore(
            services.GetRequiredKeyedService<IGrainStorage>(GrainStateStore.StorageName), services.GetRequiredService<StorageLane>()));
        silo.Services.AddSingleton(services => new ReservationAsserter(
            fleet.Reservations, services.GetRequiredService<IActors>(), fleet.Silo, fleet.Options, fleet.Time));
        silo.Services.AddHostedService<ReservationAsserterService>();
        silo.Services.AddSingleton(services => new EvidenceReporter(fleet, services.GetRequiredService<IActors>()));
        silo.Services.AddHostedService<EvidenceReporterService>();
        silo.AddKreweSharing(fleet);
        silo.AddGrainDirectory(SiloGrainDirectory.Name, static (_, _) => new SiloGrainDirectory());
        silo.Services.AddSingleton<IGrainDirectoryCache, SiloGrainAddresses>();

        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = options.CallTimeout;
            messaging.MaxEnqueuedRequestsHardLimit = fleet.Options.MailboxLimit;
        });

        // By its name, membership tells whose reservations are nobody's when a silo is gone.
        silo.Services.PostConfigure<SiloOptions>(named => named.SiloName = fleet.Silo.Value);

        // A million by default; what is worth keeping is the instances'.
        silo.Configure<GrainDirectoryOptions>(static directory => directory.CacheSize = GrainActors.MaxKept);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = options.CollectionAge);
        return silo;
    }

    // What silos tell each other, who is there, and who wakes whom.
    private static void AddKreweSharing(this ISiloBuilder silo, FleetServices fleet)
    {
        silo.AddGrainService<FeedService>();
        silo.AddGrainService<RequestService>();
        silo.Services.AddSingleton<IRequestPeers, RequestServiceClient>();
        silo.Services.AddSingleton<ClusterRoster>();
        silo.Services.AddSingleton<IFleetPeers, FeedServiceClient>();
        silo.Services.AddSingleton(services => new FleetSharing(fleet, services.GetRequiredService<IFleetPeers>()));
        silo.Services.AddSingleton(services => new FleetWaker(fleet, services.GetRequiredService<IActors>(), services.GetRequiredService<ReservationAsserter>()));
        silo.Services.AddHostedService<ClusterRosterService>();
        silo.Services.AddHostedService<FleetSharingService>();
        silo.Services.AddHostedService<FleetWakerService>();

        // A silo takes requests with the others' view, from the first on. Where one of them does not answer, without its part of it.
        silo.AddStartupTask((services, cancellationToken) =>
        {
            services.GetRequiredService<ClusterRoster>().Look();
            fleet.RequestPeers = services.GetRequiredService<IRequestPeers>();
            return services.GetRequiredService<FleetSharing>().JoinAsync(JoinLimit, cancellationToken);
        });
    }

    /// <summary>State in a SQLite file, through Orleans' ADO.NET grain storage.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static ISiloBuilder AddKreweSqliteStorage(this ISiloBuilder silo, string stateFile)
    {
        SqliteSchema.Ensure(stateFile);
        return silo.AddKreweAdoNetStorage(SqliteSchema.Invariant, SqliteSchema.ConnectionString(stateFile));
    }

    /// <summary>State in a database that has the tables and queries of Orleans' ADO.NET grain storage.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="invariant">What the storage provider calls the database's kind.</param>
    /// <param name="connectionString">How to connect.</param>
    public static ISiloBuilder AddKreweAdoNetStorage(this ISiloBuilder silo, string invariant, string connectionString) =>
        silo.AddAdoNetGrainStorage(GrainStateStore.StorageName, storage =>
        {
            storage.Invariant = invariant;
            storage.ConnectionString = connectionString;
            storage.GrainStorageSerializer = new StoredRecordJson();
        });

    /// <summary>How the silo finds others, where it listens for them, and how soon it misses them.</summary>
    public static ISiloBuilder UseKreweClustering(this ISiloBuilder silo, KreweOrleansOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var address = IPAddress.Parse(options.Address);
        var port = options.SiloPort == 0 ? FreePort(address) : options.SiloPort;

        // To Orleans, a gateway on port 0 is none.
        var gatewayPort = options.GatewayPort == 0 ? FreePort(address) : options.GatewayPort ?? 0;
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = options.Membership.ProbeTimeout;
            membership.MaxProbeTimeout = options.Membership.MaxProbeTimeout;
            membership.NumMissedProbesLimit = options.Membership.MissedProbes;
            membership.NumVotesForDeathDeclaration = options.Membership.Votes;
            membership.TableRefreshTimeout = options.Membership.TableRefresh;
            membership.IAmAliveTablePublishTimeout = options.Membership.AliveInterval;
            membership.MaxJoinAttemptTime = options.Membership.JoinLimit;
        });
        if (options.Clustering == ClusteringNames.Localhost)
        {
            return silo.UseLocalhostClustering(port, gatewayPort, serviceId: options.ServiceId, clusterId: options.ClusterId);
        }

        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
            ActivatorUtilities.CreateInstance<StaleMembers>(services, options.Membership));
        silo.Services.AddSingleton(services => new MembershipWatch(
            services.GetRequiredService<IMembershipTable>(),
            services.GetRequiredService<IClusterMembershipService>(),
            services.GetRequiredService<ILocalSiloDetails>(),
            services.GetRequiredService<FleetServices>(),
            services.GetRequiredService<FleetSharing>(),
            options.Membership,
            services.GetRequiredService<IOptions<ClusterMembershipOptions>>(),
            services.GetService<ISiloRetirement>()));
        silo.Services.AddHostedService<MembershipWatchService>();
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
        silo.ConfigureEndpoints(address, port, gatewayPort);
        return options.Clustering == ClusteringNames.Redis
            ? silo.UseRedisClustering(redis => redis.ConfigurationOptions = RedisOptions(options.Redis!))
            : silo.UseAdoNetClustering(table =>
            {
                table.Invariant = PostgreSqlSchema.Invariant;
                table.ConnectionString = options.PostgreSql;
            });
    }

    /// <summary>Ends the process, with a line on standard error and <see cref="FatalExit.ExitCode"/>, where the silo cannot go on: when it was declared dead, above all.</summary>
    public static ISiloBuilder AddKreweFatalExit(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddSingleton<IFatalErrorHandler, FatalExit>();
        return silo;
    }

    // A silo that runs outlives Redis: it connects again for as long as it takes. What is asked meanwhile fails soon.
    private static ConfigurationOptions RedisOptions(string text)
    {
        var redis = ConfigurationOptions.Parse(text);
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        return redis;
    }

    // Orleans must know its port before it listens: this one was free a moment ago.
    private static int FreePort(IPAddress address)
    {
        using var listener = new TcpListener(address, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
