using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Tests.Routing.Prefix;

public sealed class PrefixIndexTests
{
    private static readonly Epoch One = new(1);
    private static readonly InstanceId A = Views.Id("a");
    private static readonly InstanceId B = Views.Id("b");

    private readonly PrefixIndex _index = new();

    [Fact]
    public void BlocksOf_WhatWasLearned_IsAsFarAsThePromptsAgree()
    {
        _index.Learn(A, One, 100, Chains.Of("system.alice"));
        Assert.Equal(12, _index.BlocksOf(A, One, Chains.Of("system.alice")));
        Assert.Equal(12, _index.BlocksOf(A, One, Chains.Of("system.alice and more")));
        Assert.Equal(7, _index.BlocksOf(A, One, Chains.Of("system.bob")));
        Assert.Equal(0, _index.BlocksOf(A, One, Chains.Of("another")));
        Assert.Equal(0, _index.BlocksOf(B, One, Chains.Of("system.alice")));
    }

    [Fact]
    public void Learn_BeyondItsCapacity_ForgetsTheLeastRecentlyUsedFromItsEnd()
    {
        _index.Learn(A, One, 6, Chains.Of("abc"));
        _index.Learn(A, One, 6, Chains.Of("xyz"));
        _index.Learn(A, One, 6, Chains.Of("a"));
        _index.Learn(A, One, 6, Chains.Of("q"));
        Assert.Equal((2, 3, 1), (_index.BlocksOf(A, One, Chains.Of("abc")), _index.BlocksOf(A, One, Chains.Of("xyz")), _index.BlocksOf(A, One, Chains.Of("q"))));
        Assert.Equal(6, _index.Count);
    }

    [Fact]
    public void Learn_LongerThanItsCapacity_KeepsTheBeginning()
    {
        _index.Learn(A, One, 3, Chains.Of("abcdef"));
        Assert.Equal(3, _index.BlocksOf(A, One, Chains.Of("abcdef")));
    }

    [Fact]
    public void Learn_OfANewerEpoch_DropsTheOldOneAndOlderOnesChangeNothing()
    {
        _index.Learn(A, One, 100, Chains.Of("old"));
        _index.Learn(A, new Epoch(2), 100, Chains.Of("new"));
        _index.Learn(A, One, 100, Chains.Of("late"));
        Assert.Equal((0, 0), (_index.BlocksOf(A, One, Chains.Of("old")), _index.BlocksOf(A, new Epoch(2), Chains.Of("old"))));
        Assert.Equal((3, 0), (_index.BlocksOf(A, new Epoch(2), Chains.Of("new")), _index.BlocksOf(A, new Epoch(2), Chains.Of("late"))));
        Assert.Equal(3, _index.Count);
    }

    [Fact]
    public void Forget_AnEpoch_DropsItAndLeavesTheNextAlone()
    {
        _index.Learn(A, new Epoch(2), 100, Chains.Of("abc"));
        _index.Learn(B, One, 100, Chains.Of("abc"));
        _index.Forget(A, One);
        Assert.Equal(6, _index.Count);
        _index.Forget(A, new Epoch(2));
        Assert.Equal(3, _index.Count);
        Assert.Equal([new PrefixMatch(B, One, 3)], Match("abc"));
    }

    [Fact]
    public void Match_HoldersOfDifferentDepth_AreTheDeepestFirst()
    {
        _index.Learn(A, One, 100, Chains.Of("abcd"));
        _index.Learn(B, One, 100, Chains.Of("abx"));
        _index.Learn(Views.Id("c"), One, 100, Chains.Of("abcdef"));
        Assert.Equal([new PrefixMatch(Views.Id("c"), One, 5), new PrefixMatch(A, One, 4), new PrefixMatch(B, One, 2)], Match("abcdeX"));
        Assert.Empty(Match("zzz"));
    }

    [Fact]
    public void Match_ManyWithEquallyMuch_DrawsTwoOfThemEvenly()
    {
        for (var i = 0; i < 10; i++)
        {
            _index.Learn(Views.Id($"i{i}"), One, 100, Chains.Of("shared"));
        }

        _index.Learn(A, One, 100, Chains.Of("shared.deeper"));
        var random = new SeededRandom(3);
        var drawn = new Dictionary<InstanceId, int>();
        for (var round = 0; round < 5_000; round++)
        {
            var matches = Match("shared.deeper", random);
            Assert.Equal([13, 6, 6], matches.Select(match => match.Blocks));
            Assert.Equal(3, matches.Select(match => match.Instance).Distinct().Count());
            matches.ForEach(match => drawn[match.Instance] = drawn.GetValueOrDefault(match.Instance) + 1);
        }

        Assert.Equal(11, drawn.Count);
        Assert.All(drawn.Where(entry => entry.Key != A), entry => Assert.InRange(entry.Value, 850, 1_150));
    }

    [Fact]
    public void Learn_MoreThanTheIndexHolds_GivesEachInstanceAnEqualShare()
    {
        var index = new PrefixIndex(maxEntries: 30);
        index.Learn(A, One, 100, Chains.Of("abcdefghijklmnopqrstuvwxyz0123"));
        Assert.Equal(30, index.Count);
        index.Learn(B, One, 100, Chains.Of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
        Assert.Equal((15, 15), (index.BlocksOf(A, One, Chains.Of("abcdefghijklmnopqrstuvwxyz")), index.BlocksOf(B, One, Chains.Of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))));
        Assert.Equal(30, index.Count);
    }

    [Fact]
    public void Lessons_ToAnEmptyIndex_MakeItEqual()
    {
        _index.Learn(A, One, 8, Chains.Of("abcd"));
        _index.Learn(A, One, 8, Chains.Of("xyz"));
        _index.Learn(B, new Epoch(4), 8, Chains.Of("abx"));
        var copy = new PrefixIndex();
        foreach (var lesson in _index.Lessons(1000))
        {
            copy.Fill(lesson, 8);
        }

        Assert.Equal(_index.Lessons(1000).SelectMany(lesson => lesson.Blocks.ToArray()), copy.Lessons(1000).SelectMany(lesson => lesson.Blocks.ToArray()));

        // The order of use is the same too: the same are forgotten next.
        _index.Learn(A, One, 8, Chains.Of("123"));
        copy.Learn(A, One, 8, Chains.Of("123"));
        Assert.Equal(2, copy.BlocksOf(A, One, Chains.Of("abcd")));
        Assert.Equal(_index.Lessons(1000).SelectMany(lesson => lesson.Blocks.ToArray()), copy.Lessons(1000).SelectMany(lesson => lesson.Blocks.ToArray()));
    }

    [Fact]
    public void Lessons_WithABound_TellTheMostRecentOfEach()
    {
        _index.Learn(A, One, 100, Chains.Of("abcdef"));
        _index.Learn(B, One, 100, Chains.Of("xy"));
        Assert.Equal([3, 2], _index.Lessons(6).Select(lesson => lesson.Blocks.Length));
        Assert.Equal(Chains.Of("abc"), _index.Lessons(6)[0].Blocks.ToArray());
    }

    [Fact]
    public void Fill_WhatIsKnownBetterHere_AddsOnlyBehind()
    {
        _index.Learn(A, One, 6, Chains.Of("abc"));
        _index.Fill(new PrefixLesson(A, One, (ulong[])[.. Chains.Of("xyz"), .. Chains.Of("uvw")]), 6);
        Assert.Equal((3, 3, 0), (_index.BlocksOf(A, One, Chains.Of("abc")), _index.BlocksOf(A, One, Chains.Of("xyz")), _index.BlocksOf(A, One, Chains.Of("uvw"))));
        _index.Learn(A, One, 6, Chains.Of("q"));
        Assert.Equal((3, 2), (_index.BlocksOf(A, One, Chains.Of("abc")), _index.BlocksOf(A, One, Chains.Of("xyz"))));
    }

    private List<PrefixMatch> Match(string word, IRandomSource? random = null)
    {
        var into = default(PrefixMatches);
        var count = _index.Match(Chains.Of(word), 8, random ?? new SeededRandom(1), ref into, out _);
        var matches = new List<PrefixMatch>();
        for (var i = 0; i < count; i++)
        {
            matches.Add(into[i]);
        }

        return matches;
    }
}
