using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Silo;

/// <summary>Holds the readiness back of a silo that has others beside it: after a standstill, and while it is cut off from them.</summary>
internal sealed class ReadinessHoldService : BackgroundService
{
    private readonly StallWatch _stalls;

    public ReadinessHoldService(SiloLifetime lifetime, FleetServices fleet, FleetSharing sharing)
    {
        _stalls = new StallWatch(fleet.Time);
        lifetime.HoldBy(_stalls);
        lifetime.HoldBy(new CutOffHold(sharing));
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
