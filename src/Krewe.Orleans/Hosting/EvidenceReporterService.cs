using Krewe.Fleet.Reservations;
using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Hosting;

/// <summary>Runs the loop that tells what this silo sees of engines in doubt, for as long as the silo runs.</summary>
internal sealed class EvidenceReporterService(EvidenceReporter reporter) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await reporter.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
