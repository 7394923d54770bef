using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>One life of a silo with the Orleans host, composed as <c>Krewe.Silo</c> composes it.</summary>
internal sealed class SiloLife : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloLife(IHost host, FleetServices fleet)
    {
        _host = host;
        Fleet = fleet;
    }

    public FleetServices Fleet { get; }

    public IServiceProvider Services => _host.Services;

    public IActors Actors => _host.Services.GetRequiredService<IActors>();

    /// <summary>What stands between this life and its store.</summary>
    public BreakableStorage Storage => (BreakableStorage)_host.Services.GetRequiredKeyedService<IGrainStorage>("krewe");

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <param name="number">Which life it is: names the silo and seeds its random source.</param>
    /// <param name="probe">The engines' health.</param>
    /// <param name="options">The fleet's options.</param>
    /// <param name="configure">Adds clustering, actors and storage.</param>
    public static async Task<SiloLife> StartAsync(int number, IEngineProbe probe, FleetOptions options, Action<ISiloBuilder, FleetServices> configure)
    {
        var fleet = TestFleet.New(number, probe, options);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            configure(silo, fleet);
            BreakableStorage.Wrap(silo);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new SiloLife(host, fleet);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Fleet.Dispose();
    }
}
