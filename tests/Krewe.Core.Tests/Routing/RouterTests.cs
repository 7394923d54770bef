using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;

namespace Krewe.Core.Tests.Routing;

public sealed class RouterTests
{
    private static readonly RouteQuery Any = new(AllowDisaggregated: true);

    private readonly Router _router = new(new SeededRandom(1));
    private readonly RoutingState _state = new();

    public static TheoryData<string> Policies => [.. RoutingPolicies.All.Select(policy => policy.Name)];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_PrefillAndDecodeOfOneGroup_GivesAPair(string policy)
    {
        var result = Route(policy, [Views.Prefill("p1"), Views.Decode("d1")], Any);
        Assert.Equal(("p1", "d1"), Names(result));
        Assert.True(result.IsDisaggregated);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_MixedInstance_GivesOneObjectForBothHalves(string policy)
    {
        var result = Route(policy, [Views.Of("m1")], Any);
        Assert.Same(result.Prefill, result.Decode);
        Assert.False(result.IsDisaggregated);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_PrefillAndDecodeOfTwoGroups_GivesTheDecodeInstanceAlone(string policy) =>
        Assert.Equal(("d1", "d1"), Names(Route(policy, [Views.Prefill("p1", group: "a"), Views.Decode("d1", group: "b")], Any)));

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_EveryPrefillFull_DoesNotPushPrefillOntoDecodeInstances(string policy) =>
        Assert.Equal(RouteOutcome.NoRoom, Route(policy, [Views.Prefill("p1", 10), Views.Decode("d1")], Any).Outcome);

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_EveryPrefillExcluded_GivesTheDecodeInstanceAlone(string policy) =>
        Assert.Equal(("d1", "d1"), Names(Route(policy, [Views.Prefill("p1"), Views.Decode("d1")], Any with { Exclusions = Exclude("p1") })));

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_ProtocolThatCannotDisaggregate_GivesNoInstance(string policy)
    {
        var result = Route(
            policy,
            [Views.Of("p1", InstanceRole.Prefill, protocol: EngineProtocol.OpenAI), Views.Of("d1", InstanceRole.Decode, protocol: EngineProtocol.OpenAI)],
            Any);
        Assert.Equal(RouteOutcome.NoInstance, result.Outcome);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_DisaggregationForbidden_UsesWholeInstancesOnly(string policy)
    {
        var pool = new[] { Views.Prefill("p1"), Views.Decode("d1", 9), Views.Of("m1", requests: 10) };
        Assert.Equal(("d1", "d1"), Names(Route(policy, pool, new RouteQuery(AllowDisaggregated: false))));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_ActiveFullAndLeaseLostFree_TakesTheLeaseLost(string policy)
    {
        InstanceView[] pool = [Views.Of("m1", requests: 9), Views.Of("m2", liveness: Liveness.LeaseLost)];
        Assert.Equal(("m1", "m1"), Names(Route(policy, pool, Any)));
        pool[0] = pool[0].WithLoad(10);
        Assert.Equal(("m2", "m2"), Names(Route(policy, pool, Any)));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_KeptPrefill_SeeksOnlyItsDecodeHalfInItsGroup(string policy)
    {
        var prefill = Views.Prefill("p1", 10, "a");
        InstanceView[] pool = [prefill, Views.Prefill("p2", 0, "b"), Views.Decode("d1", 9, "a"), Views.Decode("d2", 0, "b")];
        var query = Any with { KeptPrefill = prefill.ToBinding() };
        Assert.Equal(("p1", "d1"), Names(Route(policy, pool, query)));
        Assert.Equal(RouteOutcome.OnlyExcluded, Route(policy, pool, query with { Exclusions = Exclude("d1") }).Outcome);
        Assert.Equal(RouteOutcome.NoInstance, Route(policy, pool, query with { KeptPrefill = prefill.ToBinding() with { Epoch = new Epoch(2) } }).Outcome);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_KeptDecode_SeeksAnotherPrefillOfItsGroupAndThenServesAlone(string policy)
    {
        var decode = Views.Decode("d1", 10, "a");
        InstanceView[] pool = [Views.Prefill("p1", 9, "a"), Views.Prefill("p2", 0, "b"), decode, Views.Decode("d2", 0, "a"), Views.Of("m1")];
        var query = Any with { KeptDecode = decode.ToBinding() };
        Assert.Equal(("p1", "d1"), Names(Route(policy, pool, query)));
        Assert.Equal(("d1", "d1"), Names(Route(policy, pool, query with { Exclusions = Exclude("p1") })));
        Assert.Equal(RouteOutcome.NoInstance, Route(policy, pool, query with { KeptDecode = decode.ToBinding() with { Epoch = new Epoch(2) } }).Outcome);

        // A full one is waited for, not done without.
        pool[0] = pool[0].WithLoad(10);
        Assert.Equal(RouteOutcome.NoRoom, Route(policy, pool, query).Outcome);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_ExclusionOfAnOlderEpoch_DoesNotTouchTheNewLife(string policy)
    {
        InstanceView[] pool = [Views.Of("m1", epoch: 2)];
        Assert.True(Route(policy, pool, Any with { Exclusions = new[] { new Exclusion(Views.Id("m1"), new Epoch(1)) } }).IsFound);
        Assert.Equal(RouteOutcome.OnlyExcluded, Route(policy, pool, Any with { Exclusions = Exclude("m1") }).Outcome);
    }

    [Theory]
    [InlineData(2, 5, 4, "m1")]
    [InlineData(5, 2, 4, "m1")]
    [InlineData(3, 2, 4, "p1")]
    public void Route_PairsAndMixed_TakesTheLowerScoreAPairCountingAsItsWorseHalf(int prefill, int decode, int mixed, string expected)
    {
        InstanceView[] pool = [Views.Prefill("p1", prefill), Views.Decode("d1", decode), Views.Of("m1", requests: mixed)];
        Assert.Equal(expected, Route(RoutingPolicies.PowerOfTwo, pool, Any).Prefill?.Id.Name.Value);
        Assert.Equal(expected, Route(RoutingPolicies.LeastLoaded, pool, Any).Prefill?.Id.Name.Value);
    }

    [Theory]
    [InlineData("power-of-two")]
    [InlineData("least-loaded")]
    public void Route_DecodeIsTheBusierHalf_TakesThePrefillWithFewestTokensWaiting(string policy)
    {
        // By requests p2 is the less loaded, but its one prompt is longer than p1's two.
        InstanceView[] pool = [
            Views.Of("p1", InstanceRole.Prefill, requests: 2, tokens: 600), Views.Of("p2", InstanceRole.Prefill, requests: 1, tokens: 90_000),
            Views.Decode("d1", 7), Views.Decode("d2", 6)];
        Assert.Equal(("p1", "d2"), Names(Route(policy, pool, Any)));
    }

    [Theory]
    [InlineData("power-of-two")]
    [InlineData("least-loaded")]
    public void Route_DecodeIsTheBusierHalfAndNoTokensWait_TakesThePrefillWithFewestRequests(string policy) =>
        Assert.Equal(("p2", "d1"), Names(Route(policy, [Views.Prefill("p1", 2), Views.Prefill("p2", 1), Views.Prefill("p3", 10), Views.Decode("d1", 7)], Any)));

    [Theory]
    [InlineData("power-of-two")]
    [InlineData("least-loaded")]
    public void Route_PrefillIsTheBusierHalf_CountsAgainstItWhateverItsTokens(string policy) =>
        Assert.Equal(("p2", "d1"), Names(Route(policy, [
            Views.Of("p1", InstanceRole.Prefill, requests: 9, tokens: 600), Views.Of("p2", InstanceRole.Prefill, requests: 3, tokens: 90_000), Views.Decode("d1", 5)], Any)));

    [Fact]
    public void Route_EqualShares_QueuedTokensBreakTheTie()
    {
        InstanceView[] pool = [Views.Of("m1", requests: 2, tokens: 900), Views.Of("m2", requests: 2, tokens: 800)];
        Assert.Equal("m2", Route(RoutingPolicies.PowerOfTwo, pool, Any).Prefill?.Id.Name.Value);
        Assert.Equal("m2", Route(RoutingPolicies.LeastLoaded, pool, Any).Prefill?.Id.Name.Value);
    }

    [Fact]
    public void Route_EmptyPool_GivesNoInstance() =>
        Assert.Equal(RouteOutcome.NoInstance, Route(RoutingPolicies.PowerOfTwo, [], Any).Outcome);

    [Fact]
    public void Route_PolicyThatChoosesAFullInstance_IsCaught() =>
        Assert.Throws<InvalidOperationException>(() =>
            _router.Route(PoolView.Of([Views.Of("m1", requests: 10)]), new FirstPolicy(), _state, Any));

    [Fact]
    public void Route_AThousandInstancesWithPowerOfTwo_DrawsAFewTimesOnly()
    {
        // A scan would draw about once per instance.
        var random = new CountingRandom();
        var router = new Router(random);
        var pool = PoolView.Of(Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? Views.Prefill($"p{i}") : Views.Decode($"d{i}")));
        Assert.True(RoutingPolicies.TryGet(RoutingPolicies.PowerOfTwo, out var policy));
        const int Rounds = 1000;
        for (var i = 0; i < Rounds; i++)
        {
            Assert.True(router.Route(pool, policy, _state, Any).IsFound);
        }

        Assert.InRange(random.Draws, 4 * Rounds, 5 * Rounds);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Route_AnyPolicy_AllocatesNothing(string name)
    {
        Assert.True(RoutingPolicies.TryGet(name, out var policy));
        var pool = PoolView.Of([Views.Prefill("p1"), Views.Prefill("p2"), Views.Decode("d1"), Views.Decode("d2"), Views.Of("m1", requests: 10)]);
        var query = Any with { Exclusions = Exclude("p1") };
        for (var i = 0; i < 100; i++)
        {
            Assert.True(_router.Route(pool, policy, _state, query).IsFound);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        for (var i = 0; i < 100; i++)
        {
            found += _router.Route(pool, policy, _state, query).IsFound ? 1 : 0;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100, found);
    }

    private static ReadOnlyMemory<Exclusion> Exclude(string name) => new[] { new Exclusion(Views.Id(name)) };

    private static (string? Prefill, string? Decode) Names(RouteResult result) => (result.Prefill?.Id.Name.Value, result.Decode?.Id.Name.Value);

    private RouteResult Route(string name, IEnumerable<InstanceView> pool, RouteQuery query)
    {
        Assert.True(RoutingPolicies.TryGet(name, out var policy));
        return _router.Route(PoolView.Of(pool), policy, _state, query);
    }

    private sealed class FirstPolicy : IRoutingPolicy
    {
        public string Name => "first";

        public int Choose(in RoutingCandidates candidates, in RouteQuery query, RoutingState state, IRandomSource random) => 0;
    }

    private sealed class CountingRandom : IRandomSource
    {
        private readonly SeededRandom _inner = new(3);

        public int Draws { get; private set; }

        public ulong NextUInt64() => _inner.NextUInt64();

        public int Next(int exclusiveMax)
        {
            Draws++;
            return _inner.Next(exclusiveMax);
        }

        public double NextDouble() => _inner.NextDouble();
    }
}
