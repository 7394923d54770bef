using Krewe.Orleans.Storage;

namespace Krewe.Cluster.Tests.Stores;

public sealed class PostgreSqlSchemaTests(PostgreSqlFixture postgreSql)
{
    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        var database = await postgreSql.NewDatabaseAsync();

        Assert.True(await PostgreSqlSchema.MigrateAsync(database, default));
        Assert.False(await PostgreSqlSchema.MigrateAsync(database, default));

        await PostgreSqlSchema.CheckAsync(database, default);
    }

    [Fact]
    public async Task Several_may_migrate_at_once()
    {
        var database = await postgreSql.NewDatabaseAsync();

        var changed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostgreSqlSchema.MigrateAsync(database, default)));

        Assert.Single(changed, one => one);
    }

    [Fact]
    public async Task A_changed_query_is_set_right_and_records_stay()
    {
        var database = await postgreSql.NewDatabaseAsync();
        await PostgreSqlSchema.MigrateAsync(database, default);
        await PostgreSqlFixture.RunAsync(database, "INSERT INTO krewe_record VALUES ('s', 'pool', 'pool/a', 3, '\\x00')");
        await PostgreSqlFixture.RunAsync(database, "UPDATE OrleansQuery SET QueryText = 'SELECT 1' WHERE QueryKey = 'WriteToStorageKey'");

        Assert.True(await PostgreSqlSchema.MigrateAsync(database, default));

        Assert.Equal(1L, await PostgreSqlFixture.RunAsync(database, "SELECT count(*) FROM krewe_record"));
        Assert.NotEqual("SELECT 1", await PostgreSqlFixture.RunAsync(database, "SELECT QueryText FROM OrleansQuery WHERE QueryKey = 'WriteToStorageKey'"));
    }

    [Fact]
    public async Task A_database_that_is_not_migrated_is_told_apart_and_left_alone()
    {
        var database = await postgreSql.NewDatabaseAsync();

        var error = await Assert.ThrowsAsync<IOException>(() => PostgreSqlSchema.CheckAsync(database, default));

        Assert.Contains("--migrate", error.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await PostgreSqlFixture.RunAsync(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
    }

    [Fact]
    public async Task A_database_of_another_application_is_refused()
    {
        var database = await postgreSql.NewDatabaseAsync();
        await PostgreSqlFixture.RunAsync(database, "CREATE TABLE OrleansQuery (QueryKey text PRIMARY KEY, QueryText text NOT NULL)");

        var error = await Assert.ThrowsAsync<IOException>(() => PostgreSqlSchema.MigrateAsync(database, default));

        Assert.Contains("another Orleans application", error.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await PostgreSqlFixture.RunAsync(database, "SELECT count(*) FROM OrleansQuery"));
    }

    [Fact]
    public async Task A_newer_schema_is_refused_by_both()
    {
        var database = await postgreSql.NewDatabaseAsync();
        await PostgreSqlSchema.MigrateAsync(database, default);
        await PostgreSqlFixture.RunAsync(database, "UPDATE OrleansQuery SET QueryText = '99' WHERE QueryKey = 'krewe.schema'");

        await Assert.ThrowsAsync<IOException>(() => PostgreSqlSchema.MigrateAsync(database, default));
        var error = await Assert.ThrowsAsync<IOException>(() => PostgreSqlSchema.CheckAsync(database, default));

        Assert.Contains("newer release", error.Message, StringComparison.Ordinal);
    }
}
