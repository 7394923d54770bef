using Krewe.Orleans.Hosting;

namespace Krewe.Orleans.Tests.Hosting;

public sealed class KreweOrleansOptionsTests
{
    public static TheoryData<string, KreweOrleansOptions> Wrong => new()
    {
        { "ClusterId", new KreweOrleansOptions { ClusterId = "a b" } },
        { "ServiceId", new KreweOrleansOptions { ServiceId = string.Empty } },
        { "SiloPort", new KreweOrleansOptions { SiloPort = -1 } },
        { "SiloPort", new KreweOrleansOptions { SiloPort = 65_536 } },
        { "GatewayPort", new KreweOrleansOptions { GatewayPort = 65_536 } },
        { "Address", new KreweOrleansOptions { Address = "here" } },
        { "Address", new KreweOrleansOptions { Address = "0.0.0.0" } },
        { "Clustering", new KreweOrleansOptions { Clustering = "etcd" } },
        { "Storage", new KreweOrleansOptions { Storage = "files" } },
        { "Storage", new KreweOrleansOptions { Clustering = "redis", Redis = "127.0.0.1:6379" } },
        { "Redis", new KreweOrleansOptions { Clustering = "redis", Storage = "postgresql", PostgreSql = "Host=h" } },
        { "Redis", new KreweOrleansOptions { Clustering = "redis", Redis = "h:1,nonsense=1", Storage = "postgresql", PostgreSql = "Host=h" } },
        { "PostgreSql", new KreweOrleansOptions { Storage = "postgresql" } },
        { "PostgreSql", new KreweOrleansOptions { Storage = "postgresql", PostgreSql = "nonsense" } },
        { "PostgreSql", new KreweOrleansOptions { Storage = "postgresql", PostgreSql = "Database=d" } },
        { "Membership:ProbeTimeout", new KreweOrleansOptions { Membership = new() { ProbeTimeout = TimeSpan.FromMilliseconds(50) } } },
        { "Membership:MaxProbeTimeout", new KreweOrleansOptions { Membership = new() { ProbeTimeout = TimeSpan.FromSeconds(3) } } },
        { "Membership:TableRefresh", new KreweOrleansOptions { Membership = new() { TableRefresh = TimeSpan.Zero } } },
        { "Membership:AliveInterval", new KreweOrleansOptions { Membership = new() { AliveInterval = TimeSpan.Zero } } },
        { "Membership:JoinLimit", new KreweOrleansOptions { Membership = new() { JoinLimit = TimeSpan.Zero } } },
        { "Membership:MissedProbes", new KreweOrleansOptions { Membership = new() { MissedProbes = 0 } } },
        { "Membership:Votes", new KreweOrleansOptions { Membership = new() { Votes = 11 } } },
        { "CallTimeout", new KreweOrleansOptions { CallTimeout = TimeSpan.Zero } },
        { "CallTimeout", new KreweOrleansOptions { CallTimeout = TimeSpan.FromHours(2) } },
        { "CollectionAge", new KreweOrleansOptions { CollectionAge = TimeSpan.FromSeconds(59) } },
        { "CollectionAge", new KreweOrleansOptions { CollectionAge = TimeSpan.FromDays(2) } },
        { "StorageThreads", new KreweOrleansOptions { StorageThreads = 0 } },
        { "StorageThreads", new KreweOrleansOptions { StorageThreads = 65 } },
    };

    [Fact]
    public void Validate_finds_nothing_wrong_with_the_defaults()
    {
        Assert.Empty(new KreweOrleansOptions().Validate());
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_names_the_key_that_cannot_be(string key, KreweOrleansOptions options)
    {
        Assert.StartsWith($"Krewe:Orleans:{key}: ", Assert.Single(options.Validate()), StringComparison.Ordinal);
    }
}
