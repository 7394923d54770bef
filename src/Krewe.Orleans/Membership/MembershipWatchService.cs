using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Membership;

/// <summary>Watches the membership table for as long as the silo runs.</summary>
internal sealed class MembershipWatchService(MembershipWatch watch) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await watch.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
