using Krewe.Fleet.Hosting;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Silo;

/// <summary>Holds the readiness of a silo that has others beside it back after a standstill.</summary>
internal sealed class StallWatchService : BackgroundService
{
    private readonly StallWatch _stalls;

    public StallWatchService(SiloLifetime lifetime, FleetServices fleet)
    {
        _stalls = new StallWatch(fleet.Time);
        lifetime.Stalls = _stalls;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _stalls.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
