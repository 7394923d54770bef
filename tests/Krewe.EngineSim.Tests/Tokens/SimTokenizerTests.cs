using FsCheck;
using FsCheck.Fluent;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Tokens;

public sealed class SimTokenizerTests
{
    private static readonly string[] Pieces =
    [
        "hello", " ", "  ", "\n", "\n\n", "é", "祭", "🎺", " w", " w0", " w0.", " w1.abc", "0.123", "<|user|>", "\t", "x", " 祭12.fff", "\u0000",
        SimTokens.Text(1, 0), SimTokens.Text(1, 1), SimTokens.Text(2, 17), SimTokens.Text(3, 4096), SimTokens.Text(3, SimTokens.MaxIndex),
    ];

    private static Arbitrary<string> Texts() => Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    [Fact]
    public void Decode_OfEncode_IsTheText() =>
        Prop.ForAll(Texts(), static text => SimTokenizer.Decode(SimTokenizer.Encode(text)) == text).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_OfTextsJoinedAfterALineFeed_IsTheirIdsJoined() =>
        Prop.ForAll(Texts(), Texts(), static (left, right) =>
            SimTokenizer.Encode(left + "\n" + right).SequenceEqual([.. SimTokenizer.Encode(left + "\n"), .. SimTokenizer.Encode(right)])).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_OfAnAnswer_IsOneIdForEachToken()
    {
        for (var seed = 0UL; seed < 50; seed++)
        {
            var expected = Enumerable.Range(0, 300).Select(i => SimTokens.Id(seed, i));
            Assert.Equal(expected, SimTokenizer.Encode(SimTokens.Text(seed, 0, 300)));
        }
    }

    [Fact]
    public void Encode_OfATokenAtEveryBoundOfItsIndex_IsItsId()
    {
        foreach (var index in new[] { 0, 9, 10, 99, 65_535, 65_536, 99_999, 100_000, SimTokens.MaxIndex })
        {
            Assert.Equal([SimTokens.Id(5, index)], SimTokenizer.Encode(SimTokens.Text(5, index)));
        }
    }

    [Fact]
    public void Encode_OfATokenCutShort_IsNotThatToken()
    {
        var text = SimTokens.Text(5, 12).TrimEnd('\n');
        for (var length = 1; length < text.Length; length++)
        {
            if (!char.IsHighSurrogate(text[length - 1]))
            {
                Assert.DoesNotContain(SimTokens.Id(5, 12), SimTokenizer.Encode(text[..length]));
            }
        }
    }

    [Fact]
    public void Encode_GivesIdsThatAreNotNegative() =>
        Prop.ForAll(Texts(), static text => SimTokenizer.Encode(text).All(static id => id >= 0)).QuickCheckThrowOnFailure();

    [Fact]
    public void Decode_OfAnIdThatStandsForNothing_NamesIt() => Assert.Equal("<|17|>", SimTokenizer.Decode([17]));
}
