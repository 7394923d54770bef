using System.Globalization;
using System.Net.Http.Json;
using Krewe.Testing;
using Krewe.Testing.Processes;
using Npgsql;
using StackExchange.Redis;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>Redis or PostgreSQL stopped, hanging, or back without what it had: serving goes on, and all is well again by itself.</summary>
public sealed class StoreProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Redis_that_comes_back_empty_gets_its_members_back_and_no_silo_goes()
    {
        await using var cluster = await ClusterProcesses.StartAsync(redisKeeps: false);
        var load = new SteadyLoad(cluster.Silos, each: 2, tokens: 10);
        await load.MoreAsync(20);

        await cluster.Redis!.KillAsync();
        await OutageAsync(cluster, 1);
        await load.MoreAsync(50);
        await cluster.Redis.RunAsync();

        await OutageAsync(cluster, 0);
        Assert.Equal(3, await MembersAsync(cluster));
        Assert.Equal(3, cluster.Running.Count());
        await load.MoreAsync(50);

        // Who comes now finds them, and they find it; and who dies is declared dead.
        await cluster.StartSiloAsync();
        await cluster.MetAsync(4);
        await load.EndAsync();
        Assert.True(load.Chats.All(chat => chat.Wrong is null), load.Wrongs);
        cluster.Silos[3].Process.Signal(Signals.Kill);
        await cluster.MetAsync(3);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task Silos_that_Redis_refuses_go_one_at_a_time_and_end_with_3()
    {
        await using var cluster = await ClusterProcesses.StartAsync(settings: new Dictionary<string, string>
        {
            ["Orleans__Membership__ReconvergeLimit"] = "00:00:05",
            ["Orleans__Membership__LeaveTurn"] = "00:00:25",
            ["Orleans__Membership__JoinLimit"] = "00:00:05",
            ["Shutdown__Settle"] = "00:00:00.1",
        });
        await using (var redis = await ConnectionMultiplexer.ConnectAsync($"{cluster.Redis!.Connection},allowAdmin=true"))
        {
            var server = redis.GetServer(cluster.Redis.Connection);
            await server.FlushAllDatabasesAsync();
            await server.ExecuteAsync("ACL", "SETUSER", "default", "-@write");
        }

        var remaining = cluster.Silos.ToList();
        while (remaining.Count > 0)
        {
            var gone = await await Task.WhenAny(remaining.Select(async silo => (Silo: silo, Code: await silo.Process.ExitAsync(Limit))));
            Assert.Equal(3, gone.Code);
            Assert.Contains("silo: this silo cannot stay, drains and ends: the membership table has lost it", gone.Silo.Process.Output, StringComparison.Ordinal);
            remaining.Remove(gone.Silo);
            foreach (var other in remaining)
            {
                // The next one's turn has not come: there is always somebody who serves.
                Assert.False(other.Process.HasExited);
                Assert.Null(await other.ChatAsync(ClusterProcesses.Model, 3));
            }
        }
    }

    [Fact]
    public async Task Redis_that_hangs_fails_no_request()
    {
        await using var cluster = await ClusterProcesses.StartAsync();
        var load = new SteadyLoad(cluster.Silos, each: 2, tokens: 10);
        await load.MoreAsync(20);

        cluster.Redis!.Process.Signal(Signals.Stop);
        await OutageAsync(cluster, 1);
        await load.MoreAsync(100);
        cluster.Redis.Process.Signal(Signals.Continue);
        await OutageAsync(cluster, 0);
        await load.EndAsync();

        Assert.True(load.Chats.All(chat => chat.Wrong is null), load.Wrongs);
        await cluster.MetAsync(3);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task A_silo_that_dies_while_Redis_is_gone_takes_few_requests_of_the_others_with_it()
    {
        await using var cluster = await ClusterProcesses.StartAsync(engines: 6);
        var (victim, survivors) = (cluster.Silos[1], cluster.Silos.Where((_, number) => number != 1).ToList());
        await cluster.Redis!.KillAsync();
        await OutageAsync(cluster, 1);

        // Nobody can declare it dead: whatever its actors were asked, they do not answer.
        victim.Process.Signal(Signals.Kill);
        await victim.Process.ExitAsync(Limit);
        var load = new SteadyLoad(survivors, each: 4, tokens: 10);
        await load.MoreAsync(300);
        await load.EndAsync();
        var failed = load.Chats.Count(chat => chat.Wrong is not null);
        Assert.True(failed <= load.Chats.Count / 100, $"{failed} of {load.Chats.Count}: {load.Wrongs}");

        await cluster.Redis.RunAsync();
        await OutageAsync(cluster, 0);
        await cluster.MetAsync(2);
        await cluster.ServingAsync(6);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task What_is_decided_while_PostgreSQL_is_gone_outlives_all_silos()
    {
        await using var cluster = await ClusterProcesses.StartAsync(redis: true, settings: Rewriting);
        var load = new SteadyLoad(cluster.Silos, each: 2, tokens: 10);
        await load.MoreAsync(20);

        await cluster.PostgreSql.KillAsync();
        await CordonAsync(cluster.Silos[0], "m1");
        await GaugeAsync(cluster, "krewe_store_outages", sum => sum > 0, "the alarm of the store");
        await load.MoreAsync(100);
        await cluster.PostgreSql.RunAsync();
        await GaugeAsync(cluster, "krewe_store_outages", sum => sum == 0, "no record to wait for the store");
        await load.EndAsync();
        Assert.True(load.Chats.All(chat => chat.Wrong is null), load.Wrongs);
        await cluster.IdleAsync();

        await RestartAllAsync(cluster);
        await Eventually.TrueAsync(async () => await AdminAsync(cluster.Running.First(), "m1") == "Cordoned", Limit, "m1 to be cordoned still");
    }

    [Fact]
    public async Task PostgreSQL_that_was_emptied_has_everything_again_before_the_silos_go()
    {
        await using var cluster = await ClusterProcesses.StartAsync(settings: Rewriting);
        await CordonAsync(cluster.Silos[0], "m2");
        var before = await RowsAsync(cluster);
        Assert.True(before >= 6, $"{before} rows");

        await SqlAsync(cluster, "DELETE FROM krewe_record");
        await Eventually.TrueAsync(async () => await RowsAsync(cluster) == before, Limit, $"{before} rows again");
        Assert.Null(await cluster.Silos[1].ChatAsync(ClusterProcesses.Model, 5));

        await RestartAllAsync(cluster);
        await Eventually.TrueAsync(async () => await AdminAsync(cluster.Running.First(), "m2") == "Cordoned", Limit, "m2 to be cordoned still");
        await cluster.IdleAsync();
    }

    private static Dictionary<string, string> Rewriting { get; } = new() { ["Fleet__RewriteInterval"] = "00:00:02" };

    private static async Task OutageAsync(ClusterProcesses cluster, double expected)
    {
        foreach (var silo in cluster.Running)
        {
            await Eventually.ReadAsync(() => silo.GaugeAsync("krewe_membership_outage"), value => value.Equals(expected), Limit, $"the membership's alarm of {silo.Process.Id} to be {expected}");
        }
    }

    private static Task GaugeAsync(ClusterProcesses cluster, string gauge, Func<double, bool> so, string what) => Eventually.TrueAsync(
        async () => so((await Task.WhenAll(cluster.Running.Select(silo => silo.GaugeAsync(gauge)))).Sum()), Limit, what);

    private static async Task<long> MembersAsync(ClusterProcesses cluster)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Redis!.Connection);
        var key = Assert.Single(redis.GetServer(cluster.Redis.Connection).Keys());

        // All but the version's own field.
        return await redis.GetDatabase().HashLengthAsync(key) - 1;
    }

    private static async Task CordonAsync(ClusterSiloProcess silo, string name)
    {
        using var answer = await silo.Control.PostAsJsonAsync($"/fleet/v1/pools/{ClusterProcesses.Pool}/instances/{name}/cordon", new { });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<string?> AdminAsync(ClusterSiloProcess silo, string name) =>
        (await silo.InstancesAsync(ClusterProcesses.Pool)).FirstOrDefault(one => one.GetProperty("name").GetString() == name) is { ValueKind: System.Text.Json.JsonValueKind.Object } found
            ? found.GetProperty("admin").GetString()
            : null;

    private static async Task RestartAllAsync(ClusterProcesses cluster)
    {
        var before = cluster.Running.ToList();
        before.ForEach(silo => silo.Process.Signal(Signals.Kill));
        await Task.WhenAll(before.Select(silo => silo.Process.ExitAsync(Limit)));
        await Task.WhenAll(before.Select(_ => cluster.StartSiloAsync()));
        await cluster.MetAsync(before.Count);
    }

    private static async Task<long> RowsAsync(ClusterProcesses cluster) =>
        Convert.ToInt64(await SqlAsync(cluster, "SELECT count(*) FROM krewe_record"), CultureInfo.InvariantCulture);

    private static async Task<object?> SqlAsync(ClusterProcesses cluster, string sql)
    {
        await using var source = NpgsqlDataSource.Create(cluster.PostgreSql.Connection());
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
