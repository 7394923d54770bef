using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Testing;
using Krewe.Testing.Processes;
using Npgsql;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>PostgreSQL stopped, or without what it had: serving goes on, and what silos know outlives them.</summary>
[Collection(SharedCluster.Name)]
public sealed class PostgreSqlProcessTests(SharedCluster shared)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task What_is_decided_while_PostgreSQL_is_gone_outlives_all_silos()
    {
        var cluster = await shared.TakeAsync();
        var load = new SteadyLoad(cluster.Silos, each: 2, tokens: 10);
        await load.MoreAsync(20);

        await cluster.PostgreSql.KillAsync();
        await AdministerAsync(cluster.Silos[0], "m1", "cordon");
        await GaugeAsync(cluster, "krewe_store_outages", sum => sum > 0, "the alarm of the store");
        await load.MoreAsync(100);
        await cluster.PostgreSql.RunAsync();
        await GaugeAsync(cluster, "krewe_store_outages", sum => sum == 0, "no record to wait for the store");
        await load.EndAsync();
        Assert.True(load.Chats.All(chat => chat.Wrong is null), load.Wrongs);
        await cluster.IdleAsync();

        await RestartAllAsync(cluster);
        await AdminAsync(cluster, "m1", "Cordoned", "m1 to be cordoned still");
        await OpenAsync(cluster, "m1");
    }

    [Fact]
    public async Task PostgreSQL_that_was_emptied_has_everything_again_before_the_silos_go()
    {
        var cluster = await shared.TakeAsync();
        await AdministerAsync(cluster.Silos[0], "m2", "cordon");
        Assert.Equal(1, await ComeAndGoAsync(cluster, "once"));
        var before = await RowsAsync(cluster);
        Assert.True(before >= 8, $"{before} rows");

        await SqlAsync(cluster, "DELETE FROM krewe_record");
        await Eventually.TrueAsync(async () => await RowsAsync(cluster) == before, Limit, $"{before} rows again");
        Assert.Null(await cluster.Silos[1].ChatAsync(ClusterProcesses.Model, 5));

        await RestartAllAsync(cluster);
        await AdminAsync(cluster, "m2", "Cordoned", "m2 to be cordoned still");
        await OpenAsync(cluster, "m2");
        Assert.Equal(2, await ComeAndGoAsync(cluster, "twice"));
        await cluster.IdleAsync();
    }

    /// <summary>One that registers, at the address of another, and is drained. Its epoch.</summary>
    private static async Task<long> ComeAndGoAsync(ClusterProcesses cluster, string incarnation)
    {
        const string Name = "passing";
        var url = (await cluster.Running.First().InstancesAsync(ClusterProcesses.Pool))[0].GetProperty("url").GetString();
        using var answer = await cluster.Running.First().Control.PutAsJsonAsync(
            $"/fleet/v1/pools/{ClusterProcesses.Pool}/instances/{Name}",
            new { incarnation, role = "mixed", protocol = "vllm", url, model = ClusterProcesses.Model });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await AdministerAsync(cluster.Running.First(), Name, "drain", new { deadlineMs = 0 });
        foreach (var silo in cluster.Running)
        {
            await Eventually.TrueAsync(
                async () => (await silo.InstancesAsync(ClusterProcesses.Pool)).All(one => one.GetProperty("name").GetString() != Name), Limit, $"{Name} to be gone");
        }

        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("epoch").GetInt64();
    }

    private static Task GaugeAsync(ClusterProcesses cluster, string gauge, Func<double, bool> so, string what) => Eventually.TrueAsync(
        async () => so((await Task.WhenAll(cluster.Running.Select(silo => silo.GaugeAsync(gauge)))).Sum()), Limit, what);

    private static async Task AdministerAsync(ClusterSiloProcess silo, string name, string action, object? body = null)
    {
        using var answer = await silo.Control.PostAsJsonAsync($"/fleet/v1/pools/{ClusterProcesses.Pool}/instances/{name}/{action}", body ?? new { });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static Task AdminAsync(ClusterProcesses cluster, string name, string admin, string what) => Eventually.TrueAsync(
        async () => (await cluster.Running.First().InstancesAsync(ClusterProcesses.Pool)).Any(one =>
            one.GetProperty("name").GetString() == name && one.GetProperty("admin").GetString() == admin),
        Limit,
        what);

    /// <summary>As it was before the test.</summary>
    private static async Task OpenAsync(ClusterProcesses cluster, string name)
    {
        await AdministerAsync(cluster.Running.First(), name, "uncordon");
        await AdminAsync(cluster, name, "Open", $"{name} to be open");
    }

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
