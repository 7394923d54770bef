using Krewe.Testing.Processes;
using Krewe.Testing.Stores;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>The stores of a drill's cluster.</summary>
internal sealed class ClusterStores : IAsyncDisposable
{
    /// <summary>Where Orleans keeps who is a member, by the names of service and cluster.</summary>
    private const string MembershipKey = "krewe/members/krewe";

    /// <summary>How a member that is active is written.</summary>
    private const string ActiveMember = "\"Status\":3";

    private ClusterStores(RedisServer redis, PostgreSqlServer postgreSql)
    {
        Redis = redis;
        PostgreSql = postgreSql;
    }

    public RedisServer Redis { get; }

    public PostgreSqlServer PostgreSql { get; }

    /// <summary>Why there can be none on this machine; null if there can.</summary>
    public static string? Missing => RedisServer.Missing ?? PostgreSqlServer.Missing;

    /// <param name="address">Where they are reached, beside the loopback address; null: only there.</param>
    /// <param name="redisKeeps">Whether Redis keeps its data over a restart.</param>
    public static async Task<ClusterStores> StartAsync(string? address, bool redisKeeps)
    {
        var redis = await RedisServer.StartAsync(redisKeeps, address);
        try
        {
            return new ClusterStores(redis, await PostgreSqlServer.StartAsync(address));
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the database ready, as an operator does.</summary>
    public static async Task MigrateAsync(string silo, IReadOnlyDictionary<string, string> environment)
    {
        await using var migration = ChildProcess.StartDotnet(silo, ["--migrate"], environment);
        if (await migration.ExitAsync(TimeSpan.FromSeconds(60)) != 0)
        {
            throw new InvalidOperationException($"--migrate failed: {migration.Output}");
        }
    }

    /// <summary>How many silos Redis has as active members; null where it does not answer.</summary>
    public async Task<int?> MembersAsync()
    {
        try
        {
            var answer = await Redis.AskAsync($"HVALS {MembershipKey}");
            return answer.Split(ActiveMember).Length - 1;
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Redis.DisposeAsync();
        await PostgreSql.DisposeAsync();
    }
}
