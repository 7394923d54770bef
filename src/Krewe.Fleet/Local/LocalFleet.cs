using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Reservations;
using Microsoft.Extensions.Logging;

namespace Krewe.Fleet.Local;

/// <summary>The local host put together: the actors, and the loops that re-assert this silo's reservations and tell what it sees of engines.</summary>
public sealed class LocalFleet : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loops;

    public LocalFleet(IStateStore store, FleetServices services, ITurnScheduler? scheduler = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
        Actors = new LocalActorHost(store, services, scheduler, logger);
        _loops = Task.WhenAll(
            new ReservationAsserter(services.Reservations, Actors, services.Silo, services.Options, services.Time).RunAsync(_stopping.Token),
            new EvidenceReporter(services, Actors).RunAsync(_stopping.Token));
    }

    public FleetServices Services { get; }

    public LocalActorHost Actors { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _loops;
        }
        catch (OperationCanceledException)
        {
            // Stopped, as asked.
        }

        await Actors.DisposeAsync();
        Services.Dispose();
        _stopping.Dispose();
    }
}
