using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Reservations;

/// <summary>Says every few seconds which reservations this silo still holds. What nobody says, the instances let go.</summary>
public sealed class ReservationAsserter(LiveReservations live, IActors actors, SiloId silo, FleetOptions options, TimeProvider time)
{
    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.AssertInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await AssertOnceAsync();
        }
    }

    /// <summary>One round, to all instances at once: one that does not answer must not let the others' reservations expire. A call that fails is made good by the next round.</summary>
    public Task AssertOnceAsync() => Task.WhenAll(live.ByInstance().Select(AssertAsync));

    private async Task AssertAsync(IGrouping<(InstanceId Instance, Epoch Epoch), HeldReservation> group)
    {
        var legs = group.Select(held => new HeldLeg(held.Leg, held.Tokens)).ToArray();
        try
        {
            await actors.Instance(group.Key.Instance).AssertAsync(new AssertCommand(silo, group.Key.Epoch, legs)).AsTask().InTurn().WaitAsync(options.BindTimeout, time);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The reservations outlive two missed rounds.
        }
    }
}
