using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Tokens;

public sealed class PromptSeedTests
{
    private const string Prompt = "Tell me a story.\n<|assistant|>\n";

    private static PromptSeed Of(string prompt, ulong? seed = null, int emptyEvery = 0) => PromptSeed.Of(SimTokenizer.Encode(prompt), seed, emptyEvery);

    [Fact]
    public void APrompt_StartsItsAnswerAtTheFirstToken() => Assert.Equal(new PromptSeed(SimTokens.SeedOf(Prompt), 0), Of(Prompt));

    [Fact]
    public void APromptWithItsPartialAnswer_GoesOnAtTheNextToken()
    {
        var seed = SimTokens.SeedOf(Prompt);
        for (var k = 1; k < 200; k++)
        {
            Assert.Equal(new PromptSeed(seed, k), Of(Prompt + SimTokens.Text(seed, 0, k)));
        }
    }

    [Fact]
    public void ANamedSeed_GoesBeforeThatOfThePrompt()
    {
        Assert.Equal(new PromptSeed(77, 0), Of(Prompt, 77));
        Assert.Equal(new PromptSeed(77, 5), Of(Prompt + SimTokens.Text(77, 0, 5), 77));
    }

    [Fact]
    public void APartialAnswerCutInsideAToken_IsAnotherPrompt()
    {
        var seed = SimTokens.SeedOf(Prompt);
        var partial = Prompt + SimTokens.Text(seed, 0, 5).TrimEnd('\n')[..^1];
        Assert.Equal(new PromptSeed(SimTokens.SeedOf(partial), 0), Of(partial));
    }

    [Fact]
    public void APartialAnswerThatLostOrDoubledAToken_IsAnotherPrompt()
    {
        var seed = SimTokens.SeedOf(Prompt);
        var lost = Prompt + SimTokens.Text(seed, 0, 3) + SimTokens.Text(seed, 4, 2);
        var doubled = Prompt + SimTokens.Text(seed, 0, 3) + SimTokens.Text(seed, 2, 2);
        Assert.NotEqual(seed, Of(lost).Seed);
        Assert.NotEqual(seed, Of(doubled).Seed);
    }

    [Fact]
    public void AnAnswerToAnotherPrompt_IsNotContinued()
    {
        var prompt = Prompt + SimTokens.Text(12345, 0, 4);
        Assert.Equal(0, Of(prompt).FirstIndex);
    }

    [Fact]
    public void TokensWithoutText_NeedNotBeInTheText_ButMayBeAmongTheIds()
    {
        var seed = SimTokens.SeedOf(Prompt);
        var withoutEmpty = Prompt + SimTokens.Text(seed, 0, 3) + SimTokens.Text(seed, 4, 2);
        Assert.Equal(new PromptSeed(seed, 6), Of(withoutEmpty, null, emptyEvery: 4));
        Assert.Equal(new PromptSeed(seed, 6), Of(Prompt + SimTokens.Text(seed, 0, 6), null, emptyEvery: 4));
    }
}
