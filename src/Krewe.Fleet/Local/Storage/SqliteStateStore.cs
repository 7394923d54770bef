using System.Collections.Concurrent;
using System.Text.Json;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace Krewe.Fleet.Local.Storage;

/// <summary>
/// The local host's state: one SQLite file, one row per actor. One thread writes; what waits while a commit runs goes
/// into the next one (group commit). WAL with full sync, so that a save that was confirmed survives <c>kill -9</c> and
/// a power cut. Reads come from memory: the file is read once, at open.
/// </summary>
public sealed class SqliteStateStore : IStateStore, IDisposable
{
    private const int MaxBatch = 512;

    // How long an opener waits for another to let go of the file.
    private const int BusySeconds = 1;

    private readonly ConcurrentDictionary<(string Kind, string Key), Row> _rows = new();
    private readonly BlockingCollection<Write> _writes = new(boundedCapacity: 16_384);
    private readonly SqliteConnection _connection;
    private readonly Thread _writer;
    private int _disposed;
    private long _commits;

    private SqliteStateStore(SqliteConnection connection)
    {
        _connection = connection;
        _writer = new Thread(WriteLoop) { IsBackground = true, Name = "krewe-sqlite-writer" };
    }

    /// <summary>Opens the file, making it and its folder where they are not there.</summary>
    /// <exception cref="IOException">The file cannot be opened, is in use by another silo, or is not a state file.</exception>
    public static SqliteStateStore Open(string path) => Open(path, maxPages: 0);

    /// <param name="path">The file.</param>
    /// <param name="maxPages">Most pages of the file; 0 = no bound but the disk's.</param>
    internal static SqliteStateStore Open(string path, int maxPages)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Pooling = false,
                DefaultTimeout = BusySeconds,
            }.ToString());
            connection.Open();
            // Exclusive: two silos on one file would each believe their own memory.
            Execute(connection, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            Execute(connection, "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS actor_state (kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID; COMMIT;");
            if (maxPages > 0)
            {
                Execute(connection, $"PRAGMA max_page_count={maxPages};");
            }

            var store = new SqliteStateStore(connection);
            store.ReadAll();
            store._writer.Start();
            return store;
        }
        catch (Exception error) when (error is SqliteException or UnauthorizedAccessException or InvalidCastException or InvalidOperationException)
        {
            connection?.Dispose();
            throw new IOException(
                error is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED }
                    ? $"The state file {path} is in use by another silo."
                    : $"The state file {path} cannot be opened: {error.Message}",
                error);
        }
    }

    public IRecordStore<TRecord> Records<TRecord>(string kind, string key)
        where TRecord : class => new SqliteRecordStore<TRecord>(this, kind, key);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _writes.CompleteAdding();
        _writer.Join();
        _connection.Dispose();
        _writes.Dispose();
    }

    /// <summary>Commits so far: fewer than saves, where saves come faster than the disk.</summary>
    internal long Commits => Interlocked.Read(ref _commits);

    internal Row? Read(string kind, string key) => _rows.TryGetValue((kind, key), out var row) ? row : null;

    internal Task<long> SaveAsync(string kind, string key, long expected, string body)
    {
        var write = new Write(kind, key, expected, body);
        try
        {
            if (_writes.TryAdd(write))
            {
                return write.Done.Task;
            }
        }
        catch (InvalidOperationException)
        {
            return Task.FromException<long>(new IOException("The state store is closed."));
        }

        return Task.FromException<long>(new IOException("The state store has too many writes waiting."));
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT kind, key, version, body FROM actor_state";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            _rows[(reader.GetString(0), reader.GetString(1))] = new Row(reader.GetInt64(2), reader.GetString(3));
        }
    }

    private void WriteLoop()
    {
        using var upsert = _connection.CreateCommand();
        upsert.CommandText = "INSERT INTO actor_state (kind, key, version, body) VALUES ($kind, $key, $version, $body) ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body";
        var kind = upsert.Parameters.Add("$kind", SqliteType.Text);
        var key = upsert.Parameters.Add("$key", SqliteType.Text);
        var version = upsert.Parameters.Add("$version", SqliteType.Integer);
        var body = upsert.Parameters.Add("$body", SqliteType.Text);
        var batch = new List<(Write Write, Row Row)>();
        foreach (var first in _writes.GetConsumingEnumerable())
        {
            batch.Clear();
            var staged = new Dictionary<(string, string), Row>();
            try
            {
                using var transaction = _connection.BeginTransaction();
                upsert.Transaction = transaction;
                for (Write? write = first; write is not null; write = batch.Count < MaxBatch && _writes.TryTake(out var more) ? more : null)
                {
                    var current = staged.GetValueOrDefault((write.Kind, write.Key)) ?? Read(write.Kind, write.Key);
                    if ((current?.Version ?? 0) != write.Expected)
                    {
                        write.Done.TrySetException(new StoreConflictException());
                        continue;
                    }

                    var row = new Row(write.Expected + 1, write.Body);
                    (kind.Value, key.Value, version.Value, body.Value) = (write.Kind, write.Key, row.Version, row.Body);
                    batch.Add((write, row));
                    upsert.ExecuteNonQuery();
                    staged[(write.Kind, write.Key)] = row;
                }

                transaction.Commit();
                Interlocked.Increment(ref _commits);
            }
            catch (Exception error) // a full disk, a broken file: the writers retry, the thread lives on
            {
                first.Done.TrySetException(new IOException("The state store did not take a write.", error));
                batch.ForEach(entry => entry.Write.Done.TrySetException(new IOException("The state store did not take a write.", error)));
                continue;
            }

            foreach (var (write, row) in batch)
            {
                _rows[(write.Kind, write.Key)] = row;
                write.Done.TrySetResult(row.Version);
            }
        }
    }

    internal sealed record Row(long Version, string Body);

    private sealed record Write(string Kind, string Key, long Expected, string Body)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class SqliteRecordStore<TRecord>(SqliteStateStore store, string kind, string key) : IRecordStore<TRecord>
        where TRecord : class
    {
        private long _version;

        public Task<TRecord?> LoadAsync(CancellationToken cancellationToken)
        {
            var row = store.Read(kind, key);
            _version = row?.Version ?? 0;
            return Task.FromResult(row is null ? null : JsonSerializer.Deserialize<TRecord>(row.Body, StateJson.Options));
        }

        public async Task SaveAsync(TRecord record, CancellationToken cancellationToken) =>
            _version = await store.SaveAsync(kind, key, _version, JsonSerializer.Serialize(record, StateJson.Options)).WaitAsync(cancellationToken);
    }
}
