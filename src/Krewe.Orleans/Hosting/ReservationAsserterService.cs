using Krewe.Fleet.Reservations;
using Microsoft.Extensions.Hosting;

namespace Krewe.Orleans.Hosting;

/// <summary>Runs the loop that re-asserts this silo's reservations, for as long as the silo runs.</summary>
internal sealed class ReservationAsserterService(ReservationAsserter asserter) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await asserter.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
    }
}
