using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.HostConformance;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Orleans.Tests.Storage;

/// <summary>Records in grain storage, on a real SQLite file behind Orleans' own storage provider.</summary>
public sealed class GrainRecordStoreTests : IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private SiloLife _silo = null!;

    private IStateStore Store => _silo.Services.GetRequiredService<IStateStore>();

    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _silo = await SiloLife.StartAsync(1, new FakeProbe(), new FleetOptions(), (silo, fleet) => silo.UseKrewe(fleet, _file.Path));

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _file.Dispose();
    }

    [Fact]
    public async Task A_record_that_was_never_saved_is_null()
    {
        Assert.Null(await Records("new").LoadAsync(Bound));
    }

    [Fact]
    public async Task What_is_saved_is_loaded_by_who_comes_later()
    {
        var first = Records("a");
        await first.SaveAsync(Record(1), Bound);
        await first.SaveAsync(Record(2), Bound);

        Assert.Equal(2, (await Records("a").LoadAsync(Bound))!.Version);
    }

    [Fact]
    public async Task A_save_against_what_another_has_changed_is_a_conflict_until_it_is_loaded()
    {
        var (ours, theirs) = (Records("a"), Records("a"));
        await ours.SaveAsync(Record(1), Bound);
        await theirs.LoadAsync(Bound);
        await theirs.SaveAsync(Record(2), Bound);

        await Assert.ThrowsAsync<StoreConflictException>(() => ours.SaveAsync(Record(3), Bound));

        Assert.Equal(2, (await ours.LoadAsync(Bound))!.Version);
        await ours.SaveAsync(Record(3), Bound);
        Assert.Equal(3, (await Records("a").LoadAsync(Bound))!.Version);
    }

    [Fact]
    public async Task A_first_save_over_a_record_that_was_not_read_is_a_conflict()
    {
        await Records("a").SaveAsync(Record(1), Bound);

        await Assert.ThrowsAsync<StoreConflictException>(() => Records("a").SaveAsync(Record(2), Bound));

        Assert.Equal(1, (await Records("a").LoadAsync(Bound))!.Version);
    }

    [Fact]
    public async Task Names_that_read_as_the_same_number_have_records_of_their_own()
    {
        await Records("a1").SaveAsync(Record(1), Bound);
        await Records("A1").SaveAsync(Record(2), Bound);
        await Records("0a1").SaveAsync(Record(3), Bound);

        Assert.Equal(1, (await Records("a1").LoadAsync(Bound))!.Version);
        Assert.Equal(2, (await Records("A1").LoadAsync(Bound))!.Version);
    }

    [Fact]
    public async Task Kinds_have_records_of_their_own()
    {
        await Store.Records<PoolIndexRecord>("pool-index", "all").SaveAsync(new PoolIndexRecord([new PoolName("x")]), Bound);

        Assert.Null(await Records("all").LoadAsync(Bound));
    }

    [Fact]
    public async Task A_row_is_the_versioned_document_that_the_local_host_stores()
    {
        await Records("a").SaveAsync(Record(1), Bound);
        var local = Path.Combine(Path.GetDirectoryName(_file.Path)!, "local.db");
        string document;
        using (var store = SqliteStateStore.Open(local))
        {
            await store.Records<PoolRecord>(PoolActor.Kind, "a").SaveAsync(Record(1), Bound);
        }

        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={local}"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT body FROM actor_state";
            document = (string)command.ExecuteScalar()!;
        }

        Assert.Equal([$$"""krewe|pool|pool/a|1|{"version":1,"record":{{document}}}"""], _file.Read("SELECT service, kind, key, version, CAST(body AS TEXT) FROM krewe_record WHERE kind = 'pool'"));
    }

    [Theory]
    [InlineData("""{"version":2,"record":{}}""", "version 2")]
    [InlineData("""{"version":1,"record":{"version":"x"}}""", "is not a PoolRecord")]
    [InlineData("""{"record":{}}""", "holds no stored record")]
    [InlineData("""{"version":1,""", "holds no stored record")]
    public async Task What_cannot_be_understood_is_refused_and_not_overwritten(string row, string why)
    {
        _file.Execute($"INSERT INTO krewe_record (service, kind, key, version, body) VALUES ('krewe', 'pool', 'pool/a', 4, CAST('{row}' AS BLOB))");
        var records = Records("a");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => records.LoadAsync(Bound));
        await Assert.ThrowsAsync<StoreConflictException>(() => records.SaveAsync(Record(5), Bound));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal([row], _file.Read("SELECT CAST(body AS TEXT) FROM krewe_record WHERE kind = 'pool'"));
    }

    [Fact]
    public async Task Fields_of_a_later_release_are_ignored()
    {
        await Records("a").SaveAsync(Record(1), Bound);
        _file.Execute("""UPDATE krewe_record SET body = CAST(replace(CAST(body AS TEXT), '"record":{', '"record":{"news":[{}],') AS BLOB) WHERE kind = 'pool'""");

        Assert.Equal(1, (await Records("a").LoadAsync(Bound))!.Version);
    }

    [Fact]
    public async Task A_save_that_its_caller_gave_up_makes_the_next_one_conflict_if_it_was_written_after_all()
    {
        var records = Records("a");
        await records.SaveAsync(Record(1), Bound);
        Task late;
        using (_silo.Storage.DelayWrites(out var begun))
        {
            late = records.SaveAsync(Record(2), Bound);
            await begun;

            // Its caller waits no longer, and reads.
            Assert.Equal(1, (await records.LoadAsync(Bound))!.Version);
        }

        await late;
        Assert.Equal(2, (await Records("a").LoadAsync(Bound))!.Version);
        await Assert.ThrowsAsync<StoreConflictException>(() => records.SaveAsync(Record(3), Bound));
    }

    private static PoolRecord Record(long version) => new(version, PoolDefinition.ForModel(new PoolName("p"), "m"), [new InstanceName("i")]);

    private IRecordStore<PoolRecord> Records(string pool) => Store.Records<PoolRecord>(PoolActor.Kind, pool);
}
