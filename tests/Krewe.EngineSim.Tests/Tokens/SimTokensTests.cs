using System.Text;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Tokens;

public sealed class SimTokensTests
{
    [Fact]
    public void Text_IsAFunctionOfSeedAndIndex_AndHoldsTheIndex()
    {
        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(SimTokens.Text(42, i), SimTokens.Text(42, i));
            Assert.Contains($"{i}.", SimTokens.Text(42, i), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_OfAnotherSeed_DiffersAtMostIndexes()
    {
        var same = Enumerable.Range(0, 1000).Count(i => SimTokens.Text(1, i) == SimTokens.Text(2, i));
        Assert.InRange(same, 0, 5);
    }

    [Fact]
    public void Text_HasLettersOfEveryUtf8Length_AndLineFeeds()
    {
        var texts = Enumerable.Range(0, 500).Select(i => SimTokens.Text(7, i)).ToList();
        foreach (var bytes in new[] { 1, 2, 3, 4 })
        {
            Assert.Contains(texts, text => Encoding.UTF8.GetByteCount(text.EnumerateRunes().Skip(1).First().ToString()) == bytes);
        }

        Assert.Contains(texts, text => text.EndsWith('\n'));
    }

    [Fact]
    public void Text_OfSeveral_IsTheirTextsJoined() =>
        Assert.Equal(SimTokens.Text(9, 3) + SimTokens.Text(9, 4) + SimTokens.Text(9, 5), SimTokens.Text(9, 3, 3));

    [Theory]
    [InlineData(-1)]
    [InlineData(SimTokens.MaxIndex + 1)]
    public void Text_OfAnIndexOutOfRange_IsRefused(int index) => Assert.Throws<ArgumentOutOfRangeException>(() => SimTokens.Text(1, index));

    [Fact]
    public void SeedOf_AText_IsThatOfItsTokenIds() => Assert.Equal(SimTokens.SeedOf("hello world"), SimTokens.SeedOf(SimTokenizer.Encode("hello world")));

    [Fact]
    public void SeedOf_StaysWithinWhatJsonReadersHold()
    {
        for (var i = 0; i < 1000; i++)
        {
            Assert.InRange(SimTokens.SeedOf($"prompt {i}"), 0UL, SimTokens.MaxSeed);
            Assert.InRange(SimTokens.SeedOfChoice((ulong)i, 3), 0UL, SimTokens.MaxSeed);
        }
    }
}
