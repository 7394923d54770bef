using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
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

    /// <summary>
    /// The same, and to those among these instances of which this silo holds nothing, it says so: actors that have come back
    /// elsewhere wait for each silo's word before they give away what may be taken.
    /// </summary>
    public Task AssertToAllAsync(IEnumerable<InstanceView> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        var held = live.ByInstance().ToList();
        var known = held.Select(group => group.Key.Instance).ToHashSet();
        return Task.WhenAll(held.Select(AssertAsync).Concat(instances
            .Where(view => view.Liveness != Liveness.Removed && !known.Contains(view.Id))
            .Select(view => AssertAsync(view.Id, view.Epoch, []))));
    }

    private Task AssertAsync(IGrouping<(InstanceId Instance, Epoch Epoch), HeldReservation> group) =>
        AssertAsync(group.Key.Instance, group.Key.Epoch, [.. group.Select(held => new HeldLeg(held.Leg, held.Tokens))]);

    private async Task AssertAsync(InstanceId instance, Epoch epoch, HeldLeg[] legs)
    {
        try
        {
            await actors.Instance(instance).AssertAsync(new AssertCommand(silo, epoch, legs)).AsTask().InTurn().WaitAsync(options.BindTimeout, time);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The reservations outlive two missed rounds.
        }
    }
}
