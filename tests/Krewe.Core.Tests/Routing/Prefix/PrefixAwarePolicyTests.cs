using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Tests.Routing.Prefix;

public sealed class PrefixAwarePolicyTests
{
    private const int Tokens = PrefixBlocks.TokensPerBlock;
    private static readonly Epoch One = new(1);

    private readonly Router _router = new(new SeededRandom(42));
    private readonly RoutingState _state = new();
    private readonly IRoutingPolicy _policy = RoutingPolicies.All.Single(policy => policy.Name == RoutingPolicies.PrefixAware);

    [Theory]
    [InlineData(InstanceRole.Mixed)]
    [InlineData(InstanceRole.Prefill)]
    public void Choose_OneHasMostOfThePrompt_TakesIt(InstanceRole role)
    {
        var pool = Pool(role, 20);
        Learn("i07", "long shared prefix");
        Learn("i03", "long");
        Assert.Equal(200, Count(pool, "long shared prefix and a question", 200)["i07"]);
    }

    // Six blocks are cached at i01. Where hardly anybody uses them a waiting token counts about an eighth, where an instance's
    // whole work is behind them it counts in full; and of what is reserved at a mixed instance a quarter is taken to wait.
    [Theory]
    [InlineData(InstanceRole.Prefill, 1, 35, 44)]
    [InlineData(InstanceRole.Prefill, 300, 5, 7)]
    [InlineData(InstanceRole.Mixed, 1, 4 * 35, 4 * 44)]
    [InlineData(InstanceRole.Mixed, 300, 4 * 5, 4 * 7)]
    public void Choose_ItsBacklogIsLongerThanWhatItSaves_TakesAnother(InstanceRole role, int uses, int blocksStays, int blocksGoes)
    {
        for (var i = 0; i < uses; i++)
        {
            Learn("i01", "prefix");
        }

        foreach (var (backlog, isTaken) in new[] { (blocksStays, true), (blocksGoes, false) })
        {
            var pool = Pool(role, 20);
            pool = pool.With(Loaded(pool, "i01", backlog * Tokens));
            Assert.Equal(isTaken ? 100 : 0, Count(pool, "prefix and so on", 100).GetValueOrDefault("i01"));
        }
    }

    [Fact]
    public void Choose_AllAskForWhatOneOfManyHas_IsCopiedLongBeforeItsQueueIsAsLongAsThePrompt()
    {
        // Six blocks are cached at i01, one of twenty; a block that waits there is less than a copy costs, but it is everybody's wait.
        var pool = Pool(InstanceRole.Prefill, 20);
        Learn("i02", "other");
        Count(pool, "other", 1);
        for (var i = 0; i < 1_000; i++)
        {
            Learn("i01", "prefix");
        }

        Assert.Equal(100, Count(pool, "prefix and so on", 100)["i01"]);
        Assert.Equal(0, Count(pool.With(Loaded(pool, "i01", Tokens)), "prefix and so on", 100).GetValueOrDefault("i01"));

        // Once all have it nobody is busier by it than others.
        for (var i = 0; i < 2_000; i++)
        {
            Learn($"i{i % 20:D2}", "prefix");
        }

        Learn("i01", "prefix and");
        Assert.Equal(100, Count(pool.With(Loaded(pool, "i01", Tokens)), "prefix and so on", 100)["i01"]);
    }

    [Fact]
    public void Choose_TheHolderIsFullOrExcluded_TakesTheNextBest()
    {
        Learn("i01", "prefix");
        Learn("i02", "pre");
        var pool = Pool(InstanceRole.Mixed, 20);
        Assert.Equal(50, Count(pool.With(Loaded(pool, "i01", 0, requests: 10)), "prefix", 50)["i02"]);
        Assert.Equal(50, Count(pool, "prefix", 50, new Exclusion(Views.Id("i01")))["i02"]);
    }

    [Fact]
    public void Choose_WhatIsCachedBelongsToALostEpoch_CountsForNothing()
    {
        Learn("i01", "prefix");
        var pool = Pool(InstanceRole.Mixed, 20).With(Views.Of("i01", epoch: 2));
        Assert.InRange(Count(pool, "prefix", 2_000).GetValueOrDefault("i01"), 50, 150);
    }

    [Fact]
    public void Choose_NothingIsKnown_IsPowerOfTwo()
    {
        // Of two distinct draws from n by rank: the best is taken with 2/n, the worst never.
        var pool = Pool(InstanceRole.Prefill, 8);
        foreach (var i in Enumerable.Range(0, 8))
        {
            pool = pool.With(Loaded(pool, $"i{i:D2}", i * 1000, requests: i));
        }

        foreach (var prompt in new[] { "", "unknown" })
        {
            var chosen = Count(pool, prompt, 8_000);
            Assert.InRange(chosen["i00"], 1_850, 2_150);
            Assert.False(chosen.ContainsKey("i07"));
        }
    }

    [Fact]
    public void Choose_ADecodeHalf_DoesNotLookAtPrefixes()
    {
        var views = Enumerable.Range(0, 8).Select(i => Views.Decode($"d{i}")).Append(Views.Prefill("p1")).Append(Views.Prefill("p2"));
        Learn("d3", "prefix");
        Learn("p2", "prefix");
        var pool = PoolView.Of(views);
        var decodes = new Dictionary<string, int>();
        for (var i = 0; i < 4_000; i++)
        {
            var result = _router.Route(pool, _policy, _state, Query("prefix"));
            Assert.Equal("p2", result.Prefill!.Id.Name.Value);
            decodes[result.Decode!.Id.Name.Value] = decodes.GetValueOrDefault(result.Decode.Id.Name.Value) + 1;
        }

        Assert.Equal(8, decodes.Count);
        Assert.All(decodes.Values, count => Assert.InRange(count, 400, 600));
    }

    [Fact]
    public void Choose_AWholeRequestOnADecodeInstance_LooksAtPrefixes()
    {
        var pool = PoolView.Of(Enumerable.Range(0, 8).Select(i => Views.Decode($"i0{i}")));
        Learn("i05", "prefix");
        Assert.Equal(100, Count(pool, "prefix", 100)["i05"]);
    }

    [Fact]
    public void Choose_ManyRoutersWithOneOldView_DoNotAllRunToOneOfThoseThatHaveIt()
    {
        // Thirty instances share a system prompt; a burst of new prompts behind it meets a view in which one is idle.
        var pool = Pool(InstanceRole.Prefill, 30);
        foreach (var i in Enumerable.Range(0, 30))
        {
            Learn($"i{i:D2}", "system");
            pool = pool.With(Loaded(pool, $"i{i:D2}", i == 4 ? 0 : 2000 + i, requests: 1));
        }

        var chosen = Count(pool, "system and a question", 1_000);
        Assert.True(chosen.Values.Max() < 250, string.Join(' ', chosen));
        Assert.True(chosen.Count > 15, string.Join(' ', chosen));
    }

    [Fact]
    public void Route_WithAChain_AllocatesNothing()
    {
        var pool = Pool(InstanceRole.Mixed, 40);
        foreach (var i in Enumerable.Range(0, 40))
        {
            Learn($"i{i:D2}", "a long prefix of everybody"[..(i % 26)]);
        }

        var query = Query("a long prefix of everybody and somebody");
        _router.Route(pool, _policy, _state, query);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _router.Route(pool, _policy, _state, query);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static PoolView Pool(InstanceRole role, int count) =>
        PoolView.Of(Enumerable.Range(0, count).Select(i => Views.Of($"i{i:D2}", role)).Concat(role == InstanceRole.Prefill ? [Views.Decode("d1", limit: 1_000_000)] : []));

    private static InstanceView Loaded(PoolView pool, string name, long tokens, int requests = 1)
    {
        Assert.True(pool.TryGet(Views.Id(name), out var view));
        return view with { Version = view.Version with { Counter = view.Version.Counter + 1 }, Load = new LoadSnapshot(requests, tokens, 0, default) };
    }

    private static RouteQuery Query(string prompt) => new(AllowDisaggregated: true, prompt.Length * Tokens, Prefix: Chains.Of(prompt));

    private void Learn(string name, string prompt) => _state.Prefixes.Learn(Views.Id(name), One, 1000, Chains.Of(prompt));

    private Dictionary<string, int> Count(PoolView pool, string prompt, int rounds, params Exclusion[] exclusions)
    {
        var chosen = new Dictionary<string, int>();
        for (var i = 0; i < rounds; i++)
        {
            var name = _router.Route(pool, _policy, _state, Query(prompt) with { Exclusions = exclusions }).Prefill!.Id.Name.Value;
            chosen[name] = chosen.GetValueOrDefault(name) + 1;
        }

        return chosen;
    }
}
