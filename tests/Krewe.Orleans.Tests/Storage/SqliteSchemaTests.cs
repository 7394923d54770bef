using Krewe.Orleans.Storage;

namespace Krewe.Orleans.Tests.Storage;

public sealed class SqliteSchemaTests : IDisposable
{
    private readonly SqliteFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Ensure_makes_the_folder_the_file_and_all_in_it()
    {
        SqliteSchema.Ensure(_file.Path);

        Assert.Equal(["krewe_record", "OrleansQuery"], _file.Read("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name COLLATE NOCASE"));
        Assert.Equal(["ClearStorageKey", "ReadFromStorageKey", "WriteToStorageKey"], _file.Read("SELECT QueryKey FROM OrleansQuery ORDER BY QueryKey"));
    }

    [Fact]
    public void Ensure_again_keeps_what_is_stored_and_brings_queries_up_to_date()
    {
        SqliteSchema.Ensure(_file.Path);
        var queries = _file.Read("SELECT QueryKey, QueryText FROM OrleansQuery ORDER BY QueryKey");
        _file.Execute("INSERT INTO krewe_record (service, kind, key, version) VALUES ('s', 'k', 'x', 3); UPDATE OrleansQuery SET QueryText = 'of an older release'");

        SqliteSchema.Ensure(_file.Path);

        Assert.Equal(["3"], _file.Read("SELECT version FROM krewe_record"));
        Assert.Equal(queries, _file.Read("SELECT QueryKey, QueryText FROM OrleansQuery ORDER BY QueryKey"));
    }

    [Fact]
    public void What_was_committed_survives_a_power_cut()
    {
        SqliteSchema.Ensure(_file.Path);

        Assert.Equal(["wal"], _file.Read("PRAGMA journal_mode"));
        Assert.Equal(["2"], _file.Read("PRAGMA synchronous")); // FULL
    }

    [Fact]
    public void Ensure_on_what_is_no_state_file_says_so()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file.Path)!);
        File.WriteAllText(_file.Path, string.Concat(Enumerable.Repeat("no database ", 1000)));

        var error = Assert.Throws<IOException>(() => SqliteSchema.Ensure(_file.Path));

        Assert.StartsWith($"The state file {_file.Path} cannot be opened: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ensure_where_no_file_can_be_says_so()
    {
        SqliteSchema.Ensure(_file.Path);

        Assert.ThrowsAny<IOException>(() => SqliteSchema.Ensure(Path.Combine(_file.Path, "below", "a-file.db")));
    }
}
