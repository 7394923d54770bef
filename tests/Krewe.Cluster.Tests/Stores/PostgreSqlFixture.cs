using System.Globalization;
using Krewe.Testing.Stores;
using Npgsql;

namespace Krewe.Cluster.Tests.Stores;

/// <summary>One PostgreSQL for the tests of a class; each test takes a database of its own.</summary>
public sealed class PostgreSqlFixture : IAsyncLifetime
{
    private PostgreSqlServer? _server;
    private int _databases;

    public async ValueTask InitializeAsync()
    {
        if (PostgreSqlServer.Missing is null)
        {
            _server = await PostgreSqlServer.StartAsync();
        }
    }

    /// <summary>How to connect to an empty database. Skips the test where there is no PostgreSQL.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        Assert.SkipWhen(_server is null, PostgreSqlServer.Missing ?? "");
        var name = string.Create(CultureInfo.InvariantCulture, $"db{Interlocked.Increment(ref _databases)}");
        await RunAsync(_server!.Connection(), $"CREATE DATABASE {name}");
        return _server.Connection(name);
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
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
