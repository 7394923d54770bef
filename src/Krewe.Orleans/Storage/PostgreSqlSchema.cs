using Npgsql;

namespace Krewe.Orleans.Storage;

/// <summary>
/// What Orleans' ADO.NET storage and clustering need in a PostgreSQL database: one row per record, one per silo, one per
/// cluster, and the queries by which the providers read and write them. The providers read their SQL from
/// <c>OrleansQuery</c>, pass the parameters named there, and read the columns that each query names.
/// Made by an explicit step (<see cref="MigrateAsync"/>), which may be taken again at any time, by several at once.
/// </summary>
public static class PostgreSqlSchema
{
    /// <summary>What the providers call PostgreSQL.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>The schema's version. A release reads databases of its version.</summary>
    public const int Version = 1;

    private const string VersionKey = "krewe.schema";

    // Any number that only this step locks.
    private const long MigrationLock = 0x6B72657765;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey text PRIMARY KEY, QueryText text NOT NULL);
        CREATE TABLE IF NOT EXISTS krewe_record (
            service text NOT NULL,
            kind text NOT NULL,
            key text NOT NULL,
            version integer NOT NULL,
            body bytea,
            PRIMARY KEY (service, kind, key)
        );
        CREATE TABLE IF NOT EXISTS krewe_cluster (cluster text PRIMARY KEY, version integer NOT NULL);
        CREATE TABLE IF NOT EXISTS krewe_silo (
            cluster text NOT NULL REFERENCES krewe_cluster,
            address text NOT NULL,
            port integer NOT NULL,
            generation integer NOT NULL,
            silo_name text NOT NULL,
            host_name text NOT NULL,
            status integer NOT NULL,
            proxy_port integer NOT NULL,
            suspect_times text,
            start_time timestamptz NOT NULL,
            alive_time timestamptz NOT NULL,
            PRIMARY KEY (cluster, address, port, generation)
        );
        """;

    /// <summary>Makes what is missing and brings what is there up to date; changes nothing where all is.</summary>
    /// <returns>Whether anything was changed.</returns>
    /// <exception cref="IOException">The database cannot be reached, may not be changed, or belongs to something else.</exception>
    public static async Task<bool> MigrateAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({MigrationLock})", cancellationToken);
            var known = await KnownAsync(connection, cancellationToken);
            switch (known)
            {
                case { Exists: true, Version: null }:
                    throw new IOException("The database has queries of another Orleans application. Krewe needs one of its own.");
                case { Version: > Version }:
                    throw new IOException($"The database has schema {known.Version}; this release knows {Version}.");
                default:
                    break;
            }

            await ExecuteAsync(connection, Tables, cancellationToken);
            var changed = known.Version != Version;
            foreach (var (key, text) in PostgreSqlQueries.All.Append((VersionKey, $"{Version}")))
            {
                await using var query = new NpgsqlCommand(
                    "INSERT INTO OrleansQuery AS q VALUES ($1, $2) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText WHERE q.QueryText <> excluded.QueryText",
                    connection)
                {
                    Parameters = { new() { Value = key }, new() { Value = text } },
                };
                changed |= await query.ExecuteNonQueryAsync(cancellationToken) > 0;
            }

            await transaction.CommitAsync(cancellationToken);
            return changed;
        }
        catch (NpgsqlException error)
        {
            throw new IOException($"The database cannot be migrated: {error.Message}", error);
        }
    }

    /// <summary>Ends if the database can be used as it is.</summary>
    /// <exception cref="IOException">It cannot be reached, or is to be migrated first; the message says which.</exception>
    public static async Task CheckAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancellationToken);
            var known = await KnownAsync(connection, cancellationToken);
            if (known.Version != Version)
            {
                throw new IOException(known.Version is { } other
                    ? $"the database has schema {other}, and this release needs {Version}: {(other < Version ? "run silo/run --migrate" : "run a newer release")}."
                    : "the database is not migrated: run silo/run --migrate once with the same options.");
            }
        }
        catch (NpgsqlException error)
        {
            throw new IOException($"the database cannot be used: {error.Message}", error);
        }
    }

    private static async Task<(bool Exists, int? Version)> KnownAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('orleansquery') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return (false, null);
        }

        await using var version = new NpgsqlCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = $1", connection)
        {
            Parameters = { new() { Value = VersionKey } },
        };
        return (true, int.TryParse(await version.ExecuteScalarAsync(cancellationToken) as string, out var number) ? number : null);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
