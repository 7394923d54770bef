using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Membership;

/// <summary>Follows the membership for as long as the silo runs.</summary>
internal sealed class ClusterRosterService(ClusterRoster roster) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await roster.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
