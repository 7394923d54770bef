using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Local;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Reservations;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Reservations;

public sealed class ReservationAsserterTests
{
    private static readonly TimeSpan LongAfter = 3 * LedgerOptions.Default.AssertLimit;

    [Fact]
    public async Task What_is_asserted_lives_and_what_nobody_asserts_expires()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await world.ActivateAsync("a");
        using var stop = new CancellationTokenSource();
        var asserting = new ReservationAsserter(world.Services.Reservations, world.Host, world.Services.Silo, world.Services.Options, world.Time).RunAsync(stop.Token);
        await BindAsync(world, 1, epoch);
        await BindAsync(world, 2, epoch);
        world.Services.Reservations.Add(new HeldReservation(Leg(1), World.Id("a"), epoch, 5, _ => { }));
        Assert.Equal(2, world.View("a")!.Load.ReservedRequests);

        await AdvanceAsync(world, LongAfter);
        Assert.Equal((1, 5L), (world.View("a")!.Load.ReservedRequests, world.View("a")!.Load.ReservedTokens));

        world.Services.Reservations.Remove(Leg(1));
        await AdvanceAsync(world, LongAfter);
        Assert.Equal(0, world.View("a")!.Load.ReservedRequests);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asserting);
    }

    [Fact]
    public async Task A_fresh_activation_adopts_what_is_asserted()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var epoch = await world.ActivateAsync("a");
        await BindAsync(world, 1, epoch);
        using var next = new World(world.Store, world.Time);
        next.Services.Reservations.Add(new HeldReservation(Leg(1), World.Id("a"), epoch, 5, _ => { }));

        var round = new ReservationAsserter(next.Services.Reservations, next.Host, next.Services.Silo, next.Services.Options, next.Time).AssertOnceAsync();
        await next.UntilAsync(() => round.IsCompleted);

        Assert.Equal((1, 5L), (next.View("a")!.Load.ReservedRequests, next.View("a")!.Load.ReservedTokens));
    }

    [Fact]
    public async Task Instances_that_do_not_answer_cost_one_wait_in_all_not_one_each()
    {
        var time = new ManualTimeProvider();
        var live = new LiveReservations();
        var actors = new StuckActors();
        for (var i = 0; i < 20; i++)
        {
            live.Add(new HeldReservation(Leg((ulong)(100 + i)), World.Id($"stuck{i}"), new Epoch(1), 1, _ => { }));
        }

        var round = new ReservationAsserter(live, actors, new SiloId("s"), new FleetOptions(), time).AssertOnceAsync();

        Assert.Equal(20, actors.Asserted.Count);
        await Eventually.TrueAsync(() =>
        {
            time.AdvanceToNextTimer();
            return round.IsCompleted;
        });
        await round;
        Assert.InRange(time.Elapsed, TimeSpan.Zero, new FleetOptions().BindTimeout);
    }

    private static AttemptLeg Leg(ulong number) => new(new AttemptId(new RequestId(0, number), 1), LegKind.Whole);

    private static async Task BindAsync(World world, ulong number, Epoch epoch) => Assert.Equal(
        BindOutcome.Bound,
        (await world.RunAsync(world.Instance("a").BindAsync(new BindCommand(Leg(number), epoch, world.Services.Silo, 5)))).Outcome);

    // The asserter's loop goes on by the thread pool: it is waited for after each of its rounds.
    private static async Task AdvanceAsync(World world, TimeSpan by)
    {
        for (var end = world.Time.Elapsed + by; world.Time.Elapsed < end;)
        {
            world.Advance(world.Services.Options.AssertInterval);
            await world.UntilAsync(() => world.Scheduler.Waiting == 0);
        }
    }

    private sealed class StuckActors : IActors
    {
        public List<InstanceId> Asserted { get; } = [];

        public IPoolIndexRef PoolIndex => throw new NotSupportedException();

        public IInstanceRef Instance(InstanceId id)
        {
            Asserted.Add(id);
            return new LocalInstanceRef(Never());
        }

        public IRequestRef Request(RequestId id) => throw new NotSupportedException();

        public IPoolRef Pool(PoolName name) => throw new NotSupportedException();

        // A mailbox that is busy for ever.
        private static LocalActivation<InstanceActor> Never()
        {
            var mailbox = new Mailbox(new ManualScheduler(), 10, _ => { });
            mailbox.Post(_ => { }, null);
            return new LocalActivation<InstanceActor>(null!, mailbox, TimeProvider.System, null);
        }
    }
}
