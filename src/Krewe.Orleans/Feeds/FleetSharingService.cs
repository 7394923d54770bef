using Krewe.Fleet.Feeds;
using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Feeds;

/// <summary>Keeps this silo's view and the others' together for as long as the silo runs.</summary>
internal sealed class FleetSharingService(FleetSharing sharing) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await sharing.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
