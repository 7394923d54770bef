using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;

namespace Krewe.Core.Tests.Routing;

public sealed class RoutingPolicyTests
{
    private static readonly RouteQuery Any = new(AllowDisaggregated: true);

    private readonly Router _router = new(new SeededRandom(42));
    private readonly RoutingState _state = new();

    [Fact]
    public void TryGet_EveryPolicy_IsFoundByItsNameAndNamesAreUnique()
    {
        Assert.Equal(["power-of-two", "least-loaded", "round-robin", "prefix-aware"], RoutingPolicies.All.Select(policy => policy.Name));
        Assert.All(RoutingPolicies.All, policy => Assert.True(RoutingPolicies.TryGet(policy.Name, out var found) && ReferenceEquals(found, policy)));
        Assert.False(RoutingPolicies.TryGet("Power-Of-Two", out _));
        Assert.False(RoutingPolicies.TryGet(null, out _));
        Assert.True(RoutingPolicies.TryGet(RoutingPolicies.DefaultName, out _));
    }

    [Fact]
    public void RoundRobin_AllCanServe_EachIsChosenEquallyOften()
    {
        InstanceView[] pool = [Views.Prefill("p1"), Views.Prefill("p2"), Views.Prefill("p3"), Views.Decode("d1"), Views.Decode("d2"), Views.Of("m1", requests: 9)];
        var chosen = Count(RoutingPolicies.RoundRobin, PoolView.Of(pool), 400);
        Assert.All(["p1", "p2", "p3", "m1"], name => Assert.Equal(100, chosen[(InstanceRole.Prefill, name)]));
        Assert.Equal(150, chosen[(InstanceRole.Decode, "d1")]);
        Assert.Equal(150, chosen[(InstanceRole.Decode, "d2")]);
    }

    [Fact]
    public void RoundRobin_OneIsFull_ItsTurnsAreSharedByAllTheOthers()
    {
        var pool = PoolView.Of([Views.Of("m1"), Views.Of("m2", requests: 10), Views.Of("m3"), Views.Of("m4")]);
        var chosen = Count(RoutingPolicies.RoundRobin, pool, 300);
        Assert.All(["m1", "m3", "m4"], name => Assert.Equal(100, chosen[(InstanceRole.Prefill, name)]));
    }

    [Fact]
    public void RoundRobin_TwoGroupsOfUnequalSize_IsFairWithinEachGroupToo()
    {
        var pool = PoolView.Of([
            Views.Prefill("p1", group: "a"), Views.Prefill("p2", group: "b"),
            Views.Decode("d1", group: "a"), Views.Decode("d2", group: "a"), Views.Decode("d3", group: "b"), Views.Decode("d4", group: "b")]);
        var chosen = Count(RoutingPolicies.RoundRobin, pool, 400);
        Assert.All(["d1", "d2", "d3", "d4"], name => Assert.Equal(100, chosen[(InstanceRole.Decode, name)]));
    }

    [Fact]
    public void RoundRobin_ManyThreads_StaysExactlyFair()
    {
        Assert.True(RoutingPolicies.TryGet(RoutingPolicies.RoundRobin, out var policy));
        var pool = PoolView.Of(Enumerable.Range(0, 5).Select(i => Views.Of($"m{i}")));
        var chosen = new int[5];
        Parallel.For(0, 500_000, _ =>
        {
            var name = _router.Route(pool, policy, _state, Any).Decode!.Id.Name.Value;
            Interlocked.Increment(ref chosen[name[1] - '0']);
        });
        Assert.All(chosen, count => Assert.Equal(100_000, count));
    }

    [Fact]
    public void PowerOfTwo_TwoCanServe_AlwaysTakesTheLessLoaded()
    {
        var pool = PoolView.Of([Views.Of("m1", requests: 3), Views.Of("m2", requests: 2), Views.Of("m3", requests: 10), Views.Of("m4", schedulable: false)]);
        Assert.Equal(500, Count(RoutingPolicies.PowerOfTwo, pool, 500)[(InstanceRole.Prefill, "m2")]);
    }

    [Fact]
    public void PowerOfTwo_ManyCanServe_NeverTakesTheMostLoadedAndFavoursTheLeast()
    {
        // Of two distinct draws from n by rank: the best is taken with 2/n, the worst never.
        const int Rounds = 20_000;
        const int Instances = 8;
        var pool = PoolView.Of(Enumerable.Range(0, Instances).Select(i => Views.Of($"m{i}", requests: i)));
        var chosen = Count(RoutingPolicies.PowerOfTwo, pool, Rounds);
        for (var rank = 0; rank < Instances; rank++)
        {
            var expected = (double)Rounds * 2 * (Instances - 1 - rank) / (Instances * (Instances - 1));
            var actual = chosen.GetValueOrDefault((InstanceRole.Prefill, $"m{rank}"));
            Assert.InRange(actual, expected * 0.93, expected * 1.07);
        }
    }

    [Theory]
    [InlineData("power-of-two")]
    [InlineData("least-loaded")]
    public void IdleInstances_AreAllChosenAboutEquallyOften(string policy)
    {
        var pool = PoolView.Of(Enumerable.Range(0, 4).Select(i => Views.Of($"m{i}")));
        var chosen = Count(policy, pool, 20_000);
        Assert.All(Enumerable.Range(0, 4), i => Assert.InRange(chosen[(InstanceRole.Prefill, $"m{i}")], 4_700, 5_300));
    }

    [Theory]
    [InlineData("power-of-two", 4)]
    [InlineData("prefix-aware", 4)]
    [InlineData("least-loaded", 1)]
    public void RequestsThatStay_SpreadInProportionToTheLimits(string name, int slack)
    {
        Assert.True(RoutingPolicies.TryGet(name, out var policy));
        var pool = PoolView.Of([
            Views.Prefill("p1", limit: 400), Views.Prefill("p2", limit: 200), Views.Prefill("p3", limit: 200),
            Views.Decode("d1", limit: 200), Views.Decode("d2", limit: 200), Views.Decode("d3", limit: 400)]);
        for (var i = 0; i < 400; i++)
        {
            var result = _router.Route(pool, policy, _state, Any);
            pool = pool.With([
                result.Prefill!.WithLoad(result.Prefill!.Load.Requests + 1),
                result.Decode!.WithLoad(result.Decode!.Load.Requests + 1)]);
        }

        Assert.All(pool.All(), view => Assert.InRange(view.Load.Requests, (view.Limit / 2) - slack, (view.Limit / 2) + slack));
    }

    private Dictionary<(InstanceRole Half, string Name), int> Count(string name, PoolView pool, int rounds)
    {
        Assert.True(RoutingPolicies.TryGet(name, out var policy));
        var chosen = new Dictionary<(InstanceRole, string), int>();
        for (var i = 0; i < rounds; i++)
        {
            var result = _router.Route(pool, policy, _state, Any);
            Assert.True(result.IsFound);
            Add(InstanceRole.Prefill, result.Prefill!);
            Add(InstanceRole.Decode, result.Decode!);
        }

        return chosen;

        void Add(InstanceRole half, InstanceView view) =>
            chosen[(half, view.Id.Name.Value)] = chosen.GetValueOrDefault((half, view.Id.Name.Value)) + 1;
    }
}
