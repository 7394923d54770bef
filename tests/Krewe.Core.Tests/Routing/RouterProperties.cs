using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;
using Krewe.Core.Tests.Routing.Prefix;

namespace Krewe.Core.Tests.Routing;

public sealed class RouterProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(14);

    /// <summary>An instance in few enough variants that full, excluded and lonely ones are common.</summary>
    private static readonly Gen<(InstanceView View, bool Excluded, bool ByEpoch, bool OtherEpoch)> Instances =
        from role in Gen.Elements(InstanceRole.Mixed, InstanceRole.Prefill, InstanceRole.Prefill, InstanceRole.Decode, InstanceRole.Decode)
        from protocol in Gen.Frequency((4, Gen.Constant(EngineProtocol.Vllm)), (1, Gen.Constant(EngineProtocol.OpenAI)))
        from liveness in Gen.Elements(Liveness.Active, Liveness.Active, Liveness.LeaseLost)
        from schedulable in Gen.Frequency((5, Gen.Constant(true)), (1, Gen.Constant(false)))
        from grouping in Gen.Elements("a", "a", "b")
        from limit in Gen.Choose(1, 3)
        from requests in Gen.Choose(0, 3)
        from tokens in Gen.Choose(0, 1)
        from number in Gen.Choose(0, 999)
        from excluded in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        from byEpoch in Gen.Elements(true, false)
        from otherEpoch in Gen.Elements(true, false, false)
        select (Views.Of($"i{number}", role, requests, limit, liveness, schedulable, grouping, protocol, tokens: tokens), excluded, byEpoch, otherEpoch);

    private static readonly Gen<(List<InstanceView> Instances, RouteQuery Query, string Policy, ulong Seed)> Cases =
        from drawn in Instances.ListOf()
        from allow in Gen.Elements(true, true, false)
        from keep in Gen.Choose(0, 9)
        from policy in Gen.Elements(RoutingPolicies.PowerOfTwo, RoutingPolicies.LeastLoaded, RoutingPolicies.RoundRobin, RoutingPolicies.PrefixAware)
        from seed in Gen.Choose(0, int.MaxValue)
        let distinct = drawn.DistinctBy(instance => instance.View.Id).ToList()
        let exclusions = distinct.Where(instance => instance.Excluded).Select(instance => new Exclusion(
            instance.View.Id,
            !instance.ByEpoch ? null : instance.OtherEpoch ? new Epoch(7) : instance.View.Epoch)).ToArray()
        let kept = allow && keep < 3 && keep < distinct.Count ? distinct[keep].View.ToBinding() : null
        let keptDecode = keep is >= 6 and < 10 && keep - 6 < distinct.Count ? distinct[keep - 6].View.ToBinding() : null
        select (distinct.Select(instance => instance.View).ToList(), new RouteQuery(allow, 1000, kept, exclusions, keptDecode, Chains.Of("prompt")), policy, (ulong)seed);

    [Fact]
    public void Route_AnyPoolAndQuery_AgreesWithBruteForce() => Prop.ForAll(Cases.ToArbitrary(), drawn =>
    {
        var (instances, query, name, seed) = drawn;
        Assert.True(RoutingPolicies.TryGet(name, out var policy));
        var (outcome, allowed) = new BruteForce(instances, query).Answer();
        var router = new Router(new SeededRandom(seed));
        var state = Known(instances);
        var pool = PoolView.Of(instances);
        for (var round = 0; round < 5; round++)
        {
            var result = router.Route(pool, policy, state, query);
            Assert.Equal(outcome, result.Outcome);
            if (result.IsFound)
            {
                var chosen = new BruteForce.Candidate(result.Prefill!, result.Decode!);
                Assert.Contains(chosen, allowed);
                Assert.Equal(result.Prefill!.Id != result.Decode!.Id, result.IsDisaggregated);
                if (name == RoutingPolicies.LeastLoaded && chosen.Tier == 0 && query.KeptPrefill is null && query.KeptDecode is null)
                {
                    Assert.Equal(allowed.Min(candidate => candidate.Score), chosen.Score);
                }
            }
            else
            {
                Assert.Null(result.Prefill);
                Assert.Null(result.Decode);
            }
        }
    }).Check(Many);

    [Fact]
    public void Route_LeastLoadedOfOneGroup_NoPrefillHalfThatTheDecodeHalfOutweighsHasFewerTokensWaiting() => Prop.ForAll(Cases.ToArbitrary(), drawn =>
    {
        // Whoever decodes is the same for all: the prompt goes where the time to first token is least.
        var instances = drawn.Instances.Where(view => view.Registration.Role is not InstanceRole.Mixed && view.Registration.TransferGroup == new TransferGroup("a"))
            .Select((view, i) => view with { Schedulable = true, Liveness = Liveness.Active, Load = view.Load with { ReservedTokens = (int)(drawn.Seed >> i) & 7 } }).ToList();
        Assert.True(RoutingPolicies.TryGet(RoutingPolicies.LeastLoaded, out var policy));
        var result = new Router(new SeededRandom(drawn.Seed)).Route(PoolView.Of(instances), policy, new RoutingState(), new RouteQuery(true, 1000));
        if (result is { IsFound: true, IsDisaggregated: true } && result.Prefill!.Score.Share <= result.Decode!.Score.Share)
        {
            Assert.All(
                instances.Where(view => view.Registration.Role is InstanceRole.Prefill && view.HasRoom
                    && view.Registration.Protocol == result.Prefill.Registration.Protocol && view.Score.Share <= result.Decode.Score.Share),
                other => Assert.True(result.Prefill.Score.Tokens <= other.Score.Tokens));
        }
    }).Check(Many);

    [Fact]
    public void Route_ExcludingEachAnswer_NamesEveryCandidateOnceAndThenOnlyExcluded() => Prop.ForAll(Cases.ToArbitrary(), drawn =>
    {
        // The caller's loop: whoever refuses is excluded. It must come to an end, and meet everyone who could serve.
        var (instances, query, name, seed) = drawn;
        var idle = instances.Select(view => view with { Load = default }).ToList();
        Assert.True(RoutingPolicies.TryGet(name, out var policy));
        var router = new Router(new SeededRandom(seed));
        var state = Known(instances);
        var pool = PoolView.Of(idle);
        var plain = query with { KeptPrefill = null, KeptDecode = null, Exclusions = default };
        var excluded = new List<Exclusion>();
        RouteResult result;
        while ((result = router.Route(pool, policy, state, plain with { Exclusions = excluded.ToArray() })).IsFound)
        {
            excluded.Add(new Exclusion(result.Decode!.Id, result.Decode.Epoch));
            Assert.True(excluded.Count <= idle.Count);
        }

        Assert.Equal(excluded.Count, excluded.Distinct().Count());
        Assert.Equal(excluded.Count == 0 ? RouteOutcome.NoInstance : RouteOutcome.OnlyExcluded, result.Outcome);
        var servers = idle.Where(view => new BruteForce(idle, plain).Answer().Candidates.Exists(candidate => candidate.Decode == view));
        Assert.All(servers, view => Assert.Contains(new Exclusion(view.Id, view.Epoch), excluded));
    }).Check(Many);

    [Fact]
    public void With_AnySequenceOfViews_EqualsAViewOfTheNewest()
    {
        var sequence = (from instance in Instances
                        from name in Gen.Choose(0, 5)
                        from counter in Gen.Choose(1, 4)
                        select instance.View with
                        {
                            Id = Views.Id($"n{name}"),
                            Version = new ViewVersion(new Epoch(counter / 2), 1, counter),
                        }).ListOf();
        Prop.ForAll(sequence.ToArbitrary(), views =>
        {
            var newest = new Dictionary<InstanceId, InstanceView>();
            var oneByOne = PoolView.Empty;
            foreach (var view in views)
            {
                if (!newest.TryGetValue(view.Id, out var known) || view.Version > known.Version)
                {
                    newest[view.Id] = view;
                }

                oneByOne = oneByOne.With(view);
            }

            foreach (var pool in new[] { oneByOne, PoolView.Empty.With([.. views]), PoolView.Of(views.Take(3)).With([.. views]) })
            {
                Assert.Equal(newest.Values.OrderBy(view => view.Id.Name.Value, StringComparer.Ordinal), pool.All());
                var expected = PoolTopology.Of([.. pool.All()]);
                Assert.Equal(expected.Leads.Select(set => set.Slots), pool.Topology.Leads.Select(set => set.Slots));
                Assert.Equal(expected.Whole.Select(set => set.Slots), pool.Topology.Whole.Select(set => set.Slots));
                Assert.Equal(expected.Alone.Select(set => set.Slots), pool.Topology.Alone.Select(set => set.Slots));
                Assert.Equal(expected.Decodes.SelectMany(sets => sets).Select(set => set.Slots), pool.Topology.Decodes.SelectMany(sets => sets).Select(set => set.Slots));
            }
        }).Check(Many);
    }

    /// <summary>What a prefix-aware policy may know: most instances have some of the prompt.</summary>
    private static RoutingState Known(IReadOnlyList<InstanceView> instances)
    {
        var state = new RoutingState();
        for (var i = 0; i < instances.Count; i++)
        {
            state.Prefixes.Learn(instances[i].Id, instances[i].Epoch, 100, Chains.Of("prompt"[..(i % 6)]));
        }

        return state;
    }
}
