using Krewe.Testing.Processes;
using StackExchange.Redis;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>Redis back without what it had, or refusing: what it no longer knows it is told again, and who cannot stay goes in order.</summary>
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
        await cluster.OutageAsync(1);
        await load.MoreAsync(50);
        await cluster.Redis.RunAsync();

        await cluster.OutageAsync(0);
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
            ["Orleans__Membership__LeaveTurn"] = "00:00:12",
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

    private static async Task<long> MembersAsync(ClusterProcesses cluster)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Redis!.Connection);
        var key = Assert.Single(redis.GetServer(cluster.Redis.Connection).Keys());

        // All but the version's own field.
        return await redis.GetDatabase().HashLengthAsync(key) - 1;
    }
}
