using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;
using Krewe.Silo.Hosting.Commands;
using Krewe.Silo.Hosting.Composition;

namespace Krewe.Silo.Local;

/// <summary>Hosts the actors in this process, their state in one SQLite file.</summary>
internal sealed class LocalHost : IActorHost
{
    public string Name => "local";

    public Task ConfigureAsync(WebApplicationBuilder builder, SiloSettings settings, FleetServices services)
    {
        // Registered by factory, so that the application disposes of them, the actors before their store.
        var store = SqliteStateStore.Open(StateFile(settings));
        builder.Services.AddSingleton(_ => store);
        builder.Services.AddSingleton(provider => new LocalFleet(
            provider.GetRequiredService<SqliteStateStore>(), services, logger: provider.GetRequiredService<ILogger<LocalFleet>>()));
        builder.Services.AddSingleton<IActors>(provider => provider.GetRequiredService<LocalFleet>().Actors);
        return Task.CompletedTask;
    }

    // Its one file is made and kept up to date by whoever opens it.
    public Task<string> MigrateAsync(SiloSettings settings, IConfiguration configuration)
    {
        SqliteStateStore.Open(StateFile(settings)).Dispose();
        return Task.FromResult($"{StateFile(settings)} is ready.");
    }

    private static string StateFile(SiloSettings settings) => Path.Combine(settings.Data, "krewe.db");
}
