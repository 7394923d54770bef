using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.HostConformance;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Tests.Hosting;
using Krewe.Orleans.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.GrainDirectory;
using Orleans.TestingHost;

namespace Krewe.Orleans.Tests.Requests;

/// <summary>A cluster of two silos over one store: what goes from one to the other goes through the serializer.</summary>
public sealed class TwoSilos : IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private readonly List<FleetServices> _fleets = [];
    private InProcessTestCluster _cluster = null!;

    public FakeProbe Probe { get; } = new();

    public IServiceProvider this[int silo] => _cluster.GetSiloServiceProvider(_cluster.Silos[silo].SiloAddress);

    public IActors Actors(int silo) => this[silo].GetRequiredService<IActors>();

    public FleetServices Fleet(int silo) => this[silo].GetRequiredService<FleetServices>();

    /// <summary>Where Orleans looks for a request's address first.</summary>
    internal WatchedAddresses Addresses(int silo) => (WatchedAddresses)this[silo].GetRequiredService<IGrainDirectoryCache>();

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ServiceId = "krewe";
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            FleetServices fleet;
            lock (_fleets)
            {
                // Silos start at the same time, and each needs a name of its own.
                fleet = TestFleet.New(_fleets.Count, Probe, new FleetOptions());
                _fleets.Add(fleet);
            }

            silo.AddKreweActors(fleet, new KreweOrleansOptions()).AddKreweSqliteStorage(_file.Path);
            var addresses = silo.Services.Last(service => service.ServiceType == typeof(IGrainDirectoryCache)).ImplementationType!;
            silo.Services.AddSingleton<IGrainDirectoryCache>(services => new WatchedAddresses((IGrainDirectoryCache)ActivatorUtilities.CreateInstance(services, addresses)));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _fleets.ForEach(fleet => fleet.Dispose());
        _file.Dispose();
    }
}
