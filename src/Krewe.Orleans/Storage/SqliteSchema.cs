using Microsoft.Data.Sqlite;

namespace Krewe.Orleans.Storage;

/// <summary>
/// What ADO.NET grain storage needs in a SQLite file: one row per record, and the queries by which the storage provider
/// reads and writes it. The provider reads its SQL from <c>OrleansQuery</c> and passes the parameters named there;
/// a write answers with the row's new version, or with no row where the version it was made against is not the stored one.
/// </summary>
public static class SqliteSchema
{
    /// <summary>What the storage provider calls SQLite.</summary>
    public const string Invariant = "System.Data.SQLite";

    // WAL: readers and the writer do not wait for each other. Commits are synced in full, which is SQLite's default.
    private const string Tables = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey TEXT NOT NULL PRIMARY KEY, QueryText TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS krewe_record (
            service TEXT NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            version INTEGER NOT NULL,
            body BLOB,
            PRIMARY KEY (service, kind, key)
        ) WITHOUT ROWID;
        """;

    private const string TheRow = "service = @ServiceId AND kind = @GrainTypeString AND key = @GrainIdExtensionString";

    private static readonly (string Key, string Text)[] Queries =
    [
        ("ReadFromStorageKey", $"SELECT body AS PayloadBinary, version AS Version FROM krewe_record WHERE {TheRow};"),
        (
            "WriteToStorageKey",
            $"""
            UPDATE krewe_record SET version = version + 1, body = @PayloadBinary
                WHERE {TheRow} AND version = @GrainStateVersion
                RETURNING version AS NewGrainStateVersion;
            INSERT INTO krewe_record (service, kind, key, version, body)
                SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, @PayloadBinary WHERE @GrainStateVersion IS NULL
                ON CONFLICT DO NOTHING
                RETURNING version AS NewGrainStateVersion;
            """),
        (
            "ClearStorageKey",
            $"""
            UPDATE krewe_record SET version = version + 1, body = NULL
                WHERE {TheRow} AND version = @GrainStateVersion
                RETURNING version AS NewGrainStateVersion;
            """),
    ];

    /// <summary>How to connect to the file.</summary>
    public static string ConnectionString(string path) =>
        new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString();

    /// <summary>Makes the file, its folder and what is missing in it; changes nothing where all is there.</summary>
    /// <exception cref="IOException">The file cannot be opened or is not a state file.</exception>
    public static void Ensure(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using var connection = new SqliteConnection(ConnectionString(path));
            connection.Open();
            using var tables = connection.CreateCommand();
            tables.CommandText = Tables;
            tables.ExecuteNonQuery();
            using var transaction = connection.BeginTransaction();
            foreach (var (key, text) in Queries)
            {
                using var query = connection.CreateCommand();
                query.Transaction = transaction;
                query.CommandText = "INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ($key, $text) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText";
                query.Parameters.AddWithValue("$key", key);
                query.Parameters.AddWithValue("$text", text);
                query.ExecuteNonQuery();
            }

            transaction.Commit();
        }
        catch (Exception error) when (error is SqliteException or UnauthorizedAccessException)
        {
            throw new IOException($"The state file {path} cannot be opened: {error.Message}", error);
        }
    }
}
