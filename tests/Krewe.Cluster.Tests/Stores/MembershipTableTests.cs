using System.Net;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster.Tests.Stores;

/// <summary>Orleans' own membership table on our tables and queries: what every change of the membership relies on.</summary>
public sealed class MembershipTableTests(PostgreSqlFixture postgreSql)
{
    [Fact]
    public async Task A_change_moves_the_version_and_one_made_from_an_older_version_is_refused()
    {
        using var host = await HostAsync();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        var empty = await table.ReadAll();
        Assert.Equal((0, 0), (empty.Version.Version, empty.Members.Count));

        var (one, two) = (Entry(1), Entry(2));
        Assert.True(await table.InsertRow(one, empty.Version.Next()));
        Assert.False(await table.InsertRow(two, empty.Version.Next()));
        var first = await table.ReadAll();
        Assert.False(await table.InsertRow(one, first.Version.Next()));
        Assert.Equal(first.Version, (await table.ReadAll()).Version);
        Assert.True(await table.InsertRow(two, first.Version.Next()));

        var both = await table.ReadAll();
        Assert.Equal(["silo-1", "silo-2"], both.Members.Select(member => member.Item1.SiloName).Order());
        one.Status = SiloStatus.Dead;
        one.SuspectTimes = [Tuple.Create(two.SiloAddress, DateTime.UtcNow)];
        Assert.False(await table.UpdateRow(one, "", first.Version.Next()));
        Assert.True(await table.UpdateRow(one, "", both.Version.Next()));
        Assert.False(await table.UpdateRow(Entry(3), "", (await table.ReadAll()).Version.Next()));

        var row = await table.ReadRow(one.SiloAddress);
        var read = Assert.Single(row.Members).Item1;
        Assert.Equal((SiloStatus.Dead, one.SiloAddress, 3), (read.Status, read.SiloAddress, row.Version.Version));
        Assert.Equal(two.SiloAddress, Assert.Single(read.SuspectTimes!).Item1);
        Assert.Empty((await table.ReadRow(Entry(3).SiloAddress)).Members);
    }

    [Fact]
    public async Task Of_many_changes_made_at_once_one_succeeds()
    {
        using var host = await HostAsync();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        var next = (await table.ReadAll()).Version.Next();

        var made = await Task.WhenAll(Enumerable.Range(1, 16).Select(number => table.InsertRow(Entry(number), next)));

        Assert.Single(made, one => one);
        Assert.Single((await table.ReadAll()).Members);
    }

    [Fact]
    public async Task Who_is_gone_for_long_is_forgotten_and_who_is_active_is_not()
    {
        using var host = await HostAsync();
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        foreach (var (number, status) in new[] { (1, SiloStatus.Active), (2, SiloStatus.Dead) })
        {
            var entry = Entry(number);
            entry.Status = status;
            Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        }

        await table.UpdateIAmAlive(Entry(1));
        await table.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddDays(1));

        Assert.Equal("silo-1", Assert.Single((await table.ReadAll()).Members).Item1.SiloName);
    }

    private static MembershipEntry Entry(int number) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11_000 + number, number),
        SiloName = $"silo-{number}",
        HostName = "here",
        Status = SiloStatus.Active,
        ProxyPort = 0,
        StartTime = DateTime.UtcNow,
        IAmAliveTime = DateTime.UtcNow,
    };

    private async Task<IHost> HostAsync()
    {
        var database = await postgreSql.NewDatabaseAsync();
        await PostgreSqlSchema.MigrateAsync(database, default);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseKreweClustering(
            new KreweOrleansOptions { Clustering = ClusteringNames.PostgreSql, Storage = StorageNames.PostgreSql, PostgreSql = database }));
        return builder.Build();
    }
}
