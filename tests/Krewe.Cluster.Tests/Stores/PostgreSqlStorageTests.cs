using Krewe.Orleans.Hosting;
using Krewe.Orleans.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Cluster.Tests.Stores;

/// <summary>Orleans' own storage provider on our tables and queries.</summary>
public sealed class PostgreSqlStorageTests(PostgreSqlFixture postgreSql)
{
    private static readonly GrainId Id = GrainId.Create(GrainType.Create("krewe"), "instance/sim/d1");

    [Fact]
    public async Task What_is_written_is_read_and_an_older_version_conflicts()
    {
        using var silo = await SiloAsync();
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>("krewe");
        var (one, other) = (New("""{"n":1}"""), New("""{"n":2}"""));
        await storage.ReadStateAsync("instance", Id, one);
        await storage.ReadStateAsync("instance", Id, other);
        Assert.False(one.RecordExists);

        one.State = New("""{"n":1}""").State;
        await storage.WriteStateAsync("instance", Id, one);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("instance", Id, other));
        await storage.ReadStateAsync("instance", Id, other);
        Assert.Equal("""{"n":1}""", other.State!.Document);

        other.State = New("""{"n":2}""").State;
        await storage.WriteStateAsync("instance", Id, other);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("instance", Id, one));

        await storage.ClearStateAsync("instance", Id, other);
        await storage.ReadStateAsync("instance", Id, one);
        Assert.False(one.RecordExists);
        await storage.WriteStateAsync("instance", Id, one);
    }

    [Fact]
    public async Task Of_many_that_make_a_record_at_once_one_succeeds()
    {
        using var silo = await SiloAsync();
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>("krewe");

        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(async number =>
        {
            var state = New($$"""{"n":{{number}}}""");
            await storage.ReadStateAsync("pool", GrainId.Create(GrainType.Create("krewe"), "pool/none"), New("{}"));
            try
            {
                await storage.WriteStateAsync("pool", Id, state);
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }));

        Assert.Single(made, one => one);
    }

    private static GrainState<StoredRecord> New(string document) => new(new StoredRecord { Document = document });

    private async Task<IHost> SiloAsync()
    {
        var database = await postgreSql.NewDatabaseAsync();
        await PostgreSqlSchema.MigrateAsync(database, default);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .AddKreweAdoNetStorage(PostgreSqlSchema.Invariant, database)
            .UseKreweClustering(new KreweOrleansOptions()));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
