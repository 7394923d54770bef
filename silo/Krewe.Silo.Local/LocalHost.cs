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

    public void Configure(WebApplicationBuilder builder, SiloSettings settings, FleetServices services)
    {
        // Registered by factory, so that the application disposes of them, the actors before their store.
        var store = SqliteStateStore.Open(Path.Combine(settings.Data, "krewe.db"));
        builder.Services.AddSingleton(_ => store);
        builder.Services.AddSingleton(provider => new LocalFleet(
            provider.GetRequiredService<SqliteStateStore>(), services, logger: provider.GetRequiredService<ILogger<LocalFleet>>()));
        builder.Services.AddSingleton<IActors>(provider => provider.GetRequiredService<LocalFleet>().Actors);
    }
}
