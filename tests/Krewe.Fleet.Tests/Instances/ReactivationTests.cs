using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Local;

namespace Krewe.Fleet.Tests.Instances;

/// <summary>An actor that comes back on a silo that has seen its last activation.</summary>
public sealed class ReactivationTests : IDisposable
{
    private static readonly SiloId Other = new("other");

    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task It_admits_nothing_above_its_limit_before_it_knows_what_is_held()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await _world.ActivateAsync("a", limit: 4);
        for (var number = 1; number <= 3; number++)
        {
            Assert.Equal(BindOutcome.Bound, (await BindAsync(_world.Host, epoch, number)).Outcome);
        }

        _world.Services.Roster.Update([_world.Services.Silo, Other], [], []);
        await using var host = new LocalActorHost(_world.Store, _world.Services, _world.Scheduler);

        Assert.Equal([BindOutcome.Bound, BindOutcome.Full], [(await BindAsync(host, epoch, 4)).Outcome, (await BindAsync(host, epoch, 5)).Outcome]);
        Assert.Equal(4, _world.View("a")!.Load.ReservedRequests);

        // This silo held two, and the other nothing: the third was a silo's that is gone.
        await AssertAsync(host, _world.Services.Silo, epoch, 1, 2);
        Assert.Equal(BindOutcome.Full, (await BindAsync(host, epoch, 5)).Outcome);
        await AssertAsync(host, Other, epoch);
        Assert.Equal(3, _world.View("a")!.Load.ReservedRequests);
        Assert.Equal(BindOutcome.Bound, (await BindAsync(host, epoch, 5)).Outcome);
    }

    [Fact]
    public async Task What_nobody_claims_is_given_up_after_a_while_and_every_silo_sees_it()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        var epoch = await _world.ActivateAsync("a", limit: 4);
        await BindAsync(_world.Host, epoch, 1);
        _world.Services.Roster.Update([_world.Services.Silo, Other], [], []);
        await using var host = new LocalActorHost(_world.Store, _world.Services, _world.Scheduler);
        await _world.RunAsync(host.Instance(World.Id("a")).NudgeAsync());
        Assert.Equal(1, _world.View("a")!.Load.ReservedRequests);

        _world.Advance(LedgerOptions.Default.PresumeLimit + TimeSpan.FromSeconds(1));

        Assert.Equal((0, 0L), (_world.View("a")!.Load.ReservedRequests, _world.View("a")!.Load.ReservedTokens));
    }

    private ValueTask<BindReply> BindOn(LocalActorHost host, Epoch epoch, int number) =>
        host.Instance(World.Id("a")).BindAsync(new BindCommand(Leg(number), epoch, _world.Services.Silo, 10));

    private Task<BindReply> BindAsync(LocalActorHost host, Epoch epoch, int number) => _world.RunAsync(BindOn(host, epoch, number));

    private Task AssertAsync(LocalActorHost host, SiloId silo, Epoch epoch, params IEnumerable<int> legs) =>
        _world.RunAsync(host.Instance(World.Id("a")).AssertAsync(new AssertCommand(silo, epoch, [.. legs.Select(number => new HeldLeg(Leg(number), 10))])));

    private static AttemptLeg Leg(int number) => new(new AttemptId(new RequestId(9, (ulong)number), 1), LegKind.Whole);
}
