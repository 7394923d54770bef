using System.Globalization;
using Krewe.Cluster.Tests.Stores;
using Krewe.Testing.Stores;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Krewe.Cluster.Tests.Stores;

/// <summary>One PostgreSQL for all tests that leave it alone, started for the first; each takes a database of its own.</summary>
public sealed class PostgreSqlFixture : IAsyncLifetime
{
    private readonly Lazy<Task<PostgreSqlServer>> _server = new(static () => PostgreSqlServer.StartAsync());
    private int _databases;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>How to connect to an empty database. Skips the test where there is no PostgreSQL.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
        var server = await _server.Value;
        var name = string.Create(CultureInfo.InvariantCulture, $"db{Interlocked.Increment(ref _databases)}");
        await RunAsync(server.Connection(), $"CREATE DATABASE {name}");
        return server.Connection(name);
    }

    public static async Task<object?> RunAsync(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
