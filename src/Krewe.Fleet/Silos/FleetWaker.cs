using System.Threading.Channels;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Reservations;

namespace Krewe.Fleet.Silos;

/// <summary>
/// Sees to it that every pool's actor is awake somewhere, which wakes its instances: each pool has one silo that calls it
/// every few seconds, and at once when silos come or go. Then this silo also tells every instance what its attempts hold, or
/// that they hold nothing there: actors that have just come back elsewhere keep as much room as was taken, until all have said so.
/// </summary>
public sealed class FleetWaker(FleetServices fleet, IActors actors, ReservationAsserter asserter)
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // One wake waits at most: it covers every change until then.
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        void OnChanged() => changes.Writer.TryWrite(true);
        fleet.Roster.Changed += OnChanged;
        using var timer = new PeriodicTimer(fleet.Options.WakeInterval, fleet.Time);
        try
        {
            var (tick, change) = (NextTick(), NextChange());
            while (true)
            {
                await await Task.WhenAny(tick, change);
                if (change.IsCompleted)
                {
                    changes.Reader.TryRead(out _);
                    change = NextChange();
                    await Task.WhenAll(asserter.AssertToAllAsync(fleet.View.Pools.SelectMany(pool => pool.View.All())), WakeAsync());
                }

                if (tick.IsCompleted)
                {
                    tick = NextTick();
                    await WakeAsync();
                }
            }
        }
        finally
        {
            fleet.Roster.Changed -= OnChanged;
        }

        Task NextTick() => timer.WaitForNextTickAsync(cancellationToken).AsTask();

        Task NextChange() => changes.Reader.WaitToReadAsync(cancellationToken).AsTask();
    }

    /// <summary>One round over the pools that are this silo's to wake, and the index of pools where that is.</summary>
    public Task WakeAsync() => Task.WhenAll(
        fleet.View.Pools.Where(pool => fleet.Roster.Owns(pool.Name.Value)).Select(pool => WakeAsync(() => actors.Pool(pool.Name).NudgeAsync().AsTask()))
            .Concat(fleet.Roster.Owns(PoolIndexActor.Kind) ? [WakeAsync(() => actors.PoolIndex.ListAsync().AsTask())] : []));

    private async Task WakeAsync(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(CallLimit, fleet.Time);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The next round wakes it.
            fleet.Instruments.OnNoticeLost();
        }
    }
}
