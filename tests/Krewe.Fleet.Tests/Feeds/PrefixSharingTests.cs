using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Tests.Feeds;

public sealed class PrefixSharingTests : IDisposable
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(50);
    private static readonly ulong[] Chain = [11, 12, 13];

    private readonly SharedWorld _world = new("east", "west", "north");

    public PrefixSharingTests()
    {
        _world.Pass(2 * Frame);
        Configure(RoutingPolicies.PrefixAware);
        _world["east"].Fleet.Publisher.Publish(SharedWorld.View("a", 1));
        _world["east"].Fleet.Publisher.Publish(SharedWorld.View("b", 1));
        _world.Pass(Frame);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void What_one_silo_has_computed_is_known_there_at_once_and_elsewhere_with_the_next_frame()
    {
        Teach("west", "a", Chain);
        Assert.Equal((3, 0), (Known("west", "a"), Known("north", "a")));

        _world.Pass(Frame);

        Assert.Equal((3, 3, 3), (Known("east", "a"), Known("west", "a"), Known("north", "a")));
        Assert.Equal(0, Known("north", "b"));
    }

    [Fact]
    public void A_new_silo_begins_with_what_the_others_know()
    {
        Teach("west", "a", Chain);
        Teach("north", "b", [11, 22]);
        _world.Pass(Frame);

        _world.Start("south");
        _world.Pass(3 * Frame);

        Assert.Equal((3, 1), (Known("south", "a"), Known("south", "b")));
    }

    [Fact]
    public void A_frame_that_was_lost_is_made_good_by_a_snapshot()
    {
        _world.Delivers = (_, to, _) => to != new SiloId("north");
        Teach("west", "a", Chain);
        _world.Pass(Frame);
        _world.Delivers = (_, _, _) => true;
        Assert.Equal(0, Known("north", "a"));

        _world.Pass(TimeSpan.FromSeconds(2));

        Assert.Equal(3, Known("north", "a"));
    }

    [Fact]
    public void A_life_that_is_lost_takes_what_it_had_cached_with_it_on_every_silo()
    {
        Teach("west", "a", Chain);
        Teach("west", "b", Chain);
        _world.Pass(Frame);
        _world["east"].Fleet.Publisher.Publish(SharedWorld.View("a", 2, epoch: 2));
        _world["east"].Fleet.Publisher.Publish(SharedWorld.View("b", 2, liveness: Liveness.Removed));
        Assert.Equal(0, Index("east").Count);

        _world.Pass(Frame);

        Assert.Equal((0, 0), (Index("west").Count, Index("north").Count));

        // What another silo says of the old life now comes too late.
        _world["west"].Fleet.Publisher.Publish(new PrefixLesson(World.Id("a"), new Epoch(1), Chain));
        _world.Pass(Frame);
        Assert.Equal((0, 0, 0), (Index("east").Count, Index("west").Count, Index("north").Count));
    }

    [Fact]
    public void A_pool_whose_policy_does_not_look_at_prefixes_keeps_none()
    {
        Configure(RoutingPolicies.PowerOfTwo, version: 4);
        _world.Pass(Frame);

        Teach("west", "a", Chain);
        _world.Pass(Frame);

        Assert.Equal((0, 0), (Index("west").Count, Index("north").Count));
    }

    [Fact]
    public void More_than_a_frame_takes_leaves_out_the_oldest()
    {
        var longest = Enumerable.Range(0, PrefixBlocks.MaxBlocks).Select(i => (ulong)i + 1).ToArray();
        for (var i = 0; i < 100; i++)
        {
            longest[^1] = (ulong)(1_000_000 + i);
            Teach("west", "a", [.. longest]);
        }

        _world.Pass(Frame);

        var sent = _world.Sent.Last(sent => sent.To == new SiloId("north") && sent.Frame.Prefixes.Count > 0).Frame.Prefixes;
        Assert.Equal(32, sent.Count);
        Assert.Equal(1_000_099ul, sent[^1].Blocks.Span[^1]);
    }

    private void Configure(string policy, long version = 3) =>
        _world["east"].Fleet.Publisher.Publish(new PoolPublication(PoolDefinition.ForModel(World.Pool, "model") with { Policy = policy }, version));

    private void Teach(string silo, string instance, ulong[] chain) => _world[silo].Fleet.Publisher.Publish(new PrefixLesson(World.Id(instance), new Epoch(1), chain));

    private PrefixIndex Index(string silo) => _world[silo].Fleet.View.Find(World.Pool)!.Routing.Prefixes;

    private int Known(string silo, string instance) => Index(silo).BlocksOf(World.Id(instance), new Epoch(1), Chain);
}
