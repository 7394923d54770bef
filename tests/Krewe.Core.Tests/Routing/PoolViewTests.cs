using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;

namespace Krewe.Core.Tests.Routing;

public sealed class PoolViewTests
{
    [Fact]
    public void With_OlderOrEqualVersion_GivesTheSameView()
    {
        var pool = PoolView.Of([Views.Of("m1", epoch: 2, counter: 5)]);
        Assert.Same(pool, pool.With(Views.Of("m1", epoch: 2, counter: 5, requests: 3)));
        Assert.Same(pool, pool.With(Views.Of("m1", epoch: 2, counter: 4, requests: 3)));
        Assert.Same(pool, pool.With(Views.Of("m1", epoch: 1, counter: 9, requests: 3)));
    }

    [Fact]
    public void With_OnlyLoadChanged_KeepsTheTopologyAndLeavesTheOldViewAlone()
    {
        var pool = PoolView.Of(Enumerable.Range(0, 100).Select(i => Views.Of($"m{i}")));
        var next = pool.With(Views.Of("m7", requests: 4, counter: 2));
        Assert.Same(pool.Topology, next.Topology);
        Assert.True(pool.TryGet(Views.Id("m7"), out var before) && next.TryGet(Views.Id("m7"), out var after)
            && (before.Load.Requests, after.Load.Requests) == (0, 4));
    }

    [Theory]
    [InlineData(Liveness.LeaseLost, true)]
    [InlineData(Liveness.Suspect, false)]
    public void With_StateChanged_WorksTheTopologyOutAnew(Liveness liveness, bool schedulable)
    {
        var pool = PoolView.Of([Views.Of("m1"), Views.Of("m2")]);
        var next = pool.With(Views.Of("m1", liveness: liveness, schedulable: schedulable, counter: 2));
        Assert.Single(next.Topology.Leads[0].Slots);
        Assert.Equal(schedulable ? 1 : 0, next.Topology.Leads[1].Slots.Length);
    }

    [Fact]
    public void With_NewInstanceAmongKnownOnes_TakesAllOfThem()
    {
        var pool = PoolView.Of([Views.Of("m1"), Views.Of("m3")])
            .With([Views.Of("m1", requests: 1, counter: 2), Views.Of("m2"), Views.Of("m3", requests: 3, counter: 2)]);
        Assert.Equal([("m1", 1), ("m2", 0), ("m3", 3)], pool.All().Select(view => (view.Id.Name.Value, view.Load.Requests)));
        Assert.Equal("m2", pool[1].Id.Name.Value);
    }

    [Fact]
    public void Without_KnownAndUnknown_RemovesJustTheOne()
    {
        var pool = PoolView.Of([Views.Of("m1"), Views.Of("m2")]);
        Assert.Same(pool, pool.Without(Views.Id("m3")));
        Assert.Equal(["m2"], pool.Without(Views.Id("m1")).All().Select(view => view.Id.Name.Value));
        Assert.False(pool.Without(Views.Id("m1")).TryGet(Views.Id("m1"), out _));
    }

    [Fact]
    public void ViewVersion_ComparesEpochThenGenerationThenCounter()
    {
        ViewVersion[] rising =
        [
            new(new Epoch(1), 1, 1), new(new Epoch(1), 1, 2), new(new Epoch(1), 2, 1), new(new Epoch(2), 0, 0),
        ];
        for (var i = 0; i < rising.Length; i++)
        {
            for (var j = 0; j < rising.Length; j++)
            {
                Assert.Equal(i.CompareTo(j), Math.Sign(rising[i].CompareTo(rising[j])));
                bool[] expected = [i < j, i > j, i <= j, i >= j];
                Assert.Equal(expected, (bool[])[rising[i] < rising[j], rising[i] > rising[j], rising[i] <= rising[j], rising[i] >= rising[j]]);
            }
        }
    }

    [Fact]
    public void ToBinding_NamesExactlyThisLife()
    {
        var binding = Views.Of("m1", epoch: 3).ToBinding();
        Assert.Equal((Views.Id("m1"), new Epoch(3), new IncarnationId("m1.3")), (binding.Instance, binding.Epoch, binding.Incarnation));
    }

    [Fact]
    public void Cursor_GrowsWithItsKeysAndKeepsWhatWasCounted()
    {
        var state = new RoutingState();
        state.Cursor(3) = 7;
        state.Cursor(1000) = 9;
        Assert.Equal((7, 9, 0), (state.Cursor(3), state.Cursor(1000), state.Cursor(999)));
    }
}
