using Krewe.Fleet.Silos;
using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Membership;

/// <summary>Keeps the pools awake for as long as the silo runs.</summary>
internal sealed class FleetWakerService(FleetWaker waker) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await waker.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
