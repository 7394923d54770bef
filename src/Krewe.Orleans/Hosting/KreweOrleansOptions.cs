using System.Net;
using Krewe.Core.Identity;

namespace Krewe.Orleans.Hosting;

/// <summary>How Orleans runs the actors of a silo, and how silos form a cluster.</summary>
public sealed class KreweOrleansOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Krewe:Orleans";

    /// <summary>The cluster's name; silos of other names are strangers. Default: <c>krewe</c>.</summary>
    public string ClusterId { get; set; } = "krewe";

    /// <summary>The name under which the state is kept: it outlives clusters and releases. Default: <c>krewe</c>.</summary>
    public string ServiceId { get; set; } = "krewe";

    /// <summary>How silos find each other: <c>localhost</c> (this one alone), <c>redis</c> or <c>postgresql</c>. Default: <c>localhost</c>.</summary>
    public string Clustering { get; set; } = ClusteringNames.Localhost;

    /// <summary>Where the state is kept: <c>sqlite</c> (a file in the data folder, for one silo alone) or <c>postgresql</c>. Default: <c>sqlite</c>.</summary>
    public string Storage { get; set; } = StorageNames.Sqlite;

    /// <summary>Redis, as StackExchange.Redis writes it: <c>host:6379,password=…</c>. Needed for clustering by Redis.</summary>
    public string? Redis { get; set; }

    /// <summary>PostgreSQL, as Npgsql writes it: <c>Host=…;Database=…;Username=…;Password=…</c>. Needed for clustering or state there.</summary>
    public string? PostgreSql { get; set; }

    /// <summary>The IP address at which other silos reach this one, and at which it listens for them. Default: 127.0.0.1.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port on which the silo listens for silos. 0 = a free one. Default: 0.</summary>
    public int SiloPort { get; set; }

    /// <summary>Port on which the silo listens for clients of Orleans. 0 = a free one; null = it does not listen. Default: null.</summary>
    public int? GatewayPort { get; set; }

    /// <summary>How soon a silo that is gone is found missing.</summary>
    public KreweMembershipOptions Membership { get; set; } = new();

    /// <summary>Bound of a call between actors that has no tighter one of its own. Default: 10 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an actor that nothing calls and no timer wakes stays in memory. At least a minute. Default: 2 min.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Calls of the store that may block a thread at the same time. Default: 1, for SQLite takes one writer at a time, and a driver that is truly asynchronous does not block.</summary>
    public int StorageThreads { get; set; } = 1;

    /// <summary>Whether Orleans' dashboard tells calls and their times by method. It costs something with every call between actors, whether anybody looks or not. Default: false.</summary>
    public bool ProfileCalls { get; set; }

    /// <summary>Whether the silo may have others beside it.</summary>
    public bool IsClustered => Clustering != ClusteringNames.Localhost;

    /// <summary>Whether anything of this silo is kept in PostgreSQL.</summary>
    public bool UsesPostgreSql => Storage == StorageNames.PostgreSql || Clustering == ClusteringNames.PostgreSql;

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (key, value) in new[] { (nameof(ClusterId), ClusterId), (nameof(ServiceId), ServiceId) })
        {
            if (!NameRule.IsValid(value))
            {
                yield return $"{Section}:{key}: '{value}' is not a name: {NameRule.Description}.";
            }
        }

        foreach (var error in ValidateStores())
        {
            yield return error;
        }

        if (!IPAddress.TryParse(Address, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            yield return $"{Section}:{nameof(Address)}: '{Address}' must be an IP address at which other silos reach this one.";
        }

        foreach (var (key, port) in new[] { (nameof(SiloPort), SiloPort), (nameof(GatewayPort), GatewayPort ?? 0) })
        {
            if (port is < 0 or > IPEndPoint.MaxPort)
            {
                yield return $"{Section}:{key}: must be 0 to {IPEndPoint.MaxPort}.";
            }
        }

        if (CallTimeout <= TimeSpan.Zero || CallTimeout > TimeSpan.FromHours(1))
        {
            yield return $"{Section}:{nameof(CallTimeout)}: must be more than 0 and at most 1 hour.";
        }

        if (CollectionAge < TimeSpan.FromMinutes(1) || CollectionAge > TimeSpan.FromDays(1))
        {
            yield return $"{Section}:{nameof(CollectionAge)}: must be 1 minute to 1 day.";
        }

        if (StorageThreads is < 1 or > 64)
        {
            yield return $"{Section}:{nameof(StorageThreads)}: must be 1 to 64.";
        }

        foreach (var error in Membership.Validate())
        {
            yield return error;
        }
    }

    private IEnumerable<string> ValidateStores()
    {
        if (Clustering is not (ClusteringNames.Localhost or ClusteringNames.Redis or ClusteringNames.PostgreSql))
        {
            yield return $"{Section}:{nameof(Clustering)}: '{Clustering}' must be {ClusteringNames.Localhost}, {ClusteringNames.Redis} or {ClusteringNames.PostgreSql}.";
        }
        else if (IsClustered && Storage == StorageNames.Sqlite)
        {
            yield return $"{Section}:{nameof(Storage)}: {StorageNames.Sqlite} keeps the state of one silo alone; clustering by {Clustering} needs {StorageNames.PostgreSql}.";
        }

        if (Storage is not (StorageNames.Sqlite or StorageNames.PostgreSql))
        {
            yield return $"{Section}:{nameof(Storage)}: '{Storage}' must be {StorageNames.Sqlite} or {StorageNames.PostgreSql}.";
        }

        if (Clustering == ClusteringNames.Redis && StoreAddresses.WrongRedis(Redis) is { } redis)
        {
            yield return $"{Section}:{nameof(Redis)}: {redis}";
        }

        if (UsesPostgreSql && StoreAddresses.WrongPostgreSql(PostgreSql) is { } postgreSql)
        {
            yield return $"{Section}:{nameof(PostgreSql)}: {postgreSql}";
        }
    }
}
