using Krewe.Cluster.Tests.Stores;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>How a silo starts, and what it says where it cannot.</summary>
public sealed class StartTests(PostgreSqlFixture postgreSql)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("Clustering", "etcd", "Krewe:Orleans:Clustering: 'etcd'")]
    [InlineData("Storage", "files", "Krewe:Orleans:Storage: 'files'")]
    [InlineData("Clustering", "redis", "Krewe:Orleans:Storage: sqlite keeps the state of one silo alone")]
    [InlineData("Storage", "postgresql", "Krewe:Orleans:PostgreSql: is needed")]
    [InlineData("Address", "nowhere", "Krewe:Orleans:Address: 'nowhere'")]
    [InlineData("Membership__Votes", "0", "Krewe:Orleans:Membership:Votes: must be 1 to 10")]
    [InlineData("NoSuchKey", "1", "NoSuchKey")]
    public async Task A_wrong_option_is_named_in_one_line(string key, string value, string named)
    {
        await using var silo = ClusterSiloProcess.Start(new Dictionary<string, string> { [$"Krewe__Orleans__{key}"] = value }, "--client-port", "0", "--control-port", "0");

        Assert.Equal(2, await silo.ExitAsync(Limit));
        Assert.Contains(named, OnlyLine(silo.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_migrated_is_told_in_one_line_and_left_alone()
    {
        var database = await postgreSql.NewDatabaseAsync();
        var environment = new Dictionary<string, string> { ["Krewe__Orleans__Storage"] = "postgresql", ["Krewe__Orleans__PostgreSql"] = database };
        string[] arguments = ["--client-port", "0", "--control-port", "0", "--playground", "none"];

        for (var start = 0; start < 2; start++)
        {
            await using var silo = ClusterSiloProcess.Start(environment, arguments);
            Assert.Equal(2, await silo.ExitAsync(Limit));
            Assert.Contains("Krewe:Orleans:PostgreSql: the database is not migrated: run silo/run --migrate", OnlyLine(silo.Output), StringComparison.Ordinal);
        }

        for (var migration = 0; migration < 2; migration++)
        {
            await using var migrate = ClusterSiloProcess.Start(environment, "--migrate");
            Assert.Equal(0, await migrate.ExitAsync(Limit));
            Assert.Equal(migration == 1, OnlyLine(migrate.Output).Contains("as before", StringComparison.Ordinal));
        }

        await using var ready = await ClusterSiloProcess.ReadyAsync(environment);
        Assert.Equal(["Active"], await ready.SilosAsync());
    }

    [Fact]
    public async Task Stores_that_are_not_there_are_told_in_one_line_without_their_passwords()
    {
        var environment = new Dictionary<string, string>
        {
            ["Krewe__Orleans__Storage"] = "postgresql",
            ["Krewe__Orleans__PostgreSql"] = "Host=127.0.0.1;Port=1;Username=u;Password=secret;Database=d",
        };

        await using var silo = ClusterSiloProcess.Start(environment, "--client-port", "0", "--control-port", "0");

        Assert.Equal(2, await silo.ExitAsync(Limit));
        Assert.Contains("Krewe:Orleans:PostgreSql: the database cannot be used", OnlyLine(silo.Output), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_that_is_not_there_is_told_in_one_line()
    {
        var database = await postgreSql.NewDatabaseAsync();
        var environment = new Dictionary<string, string>
        {
            ["Krewe__Orleans__Clustering"] = "redis",
            ["Krewe__Orleans__Redis"] = "127.0.0.1:1,password=secret,connectTimeout=1000",
            ["Krewe__Orleans__Storage"] = "postgresql",
            ["Krewe__Orleans__PostgreSql"] = database,
        };
        await using (var migrate = ClusterSiloProcess.Start(environment, "--migrate"))
        {
            Assert.Equal(0, await migrate.ExitAsync(Limit));
        }

        await using var silo = ClusterSiloProcess.Start(environment, "--client-port", "0", "--control-port", "0");

        Assert.Equal(2, await silo.ExitAsync(Limit));
        Assert.Contains("Krewe:Orleans:Redis: Redis cannot be used", OnlyLine(silo.Output), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", silo.Output, StringComparison.Ordinal);
    }

    private static string OnlyLine(string output) => Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
