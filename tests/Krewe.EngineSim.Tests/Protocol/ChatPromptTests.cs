using System.Text.Json;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Protocol;

public sealed class ChatPromptTests
{
    private static int[] Render(object messages, ChatTemplate template = ChatTemplate.Sound, bool continues = false)
    {
        var chat = new ChatPrompt(template) { AddGenerationPrompt = !continues, ContinueFinalMessage = continues };
        JsonFields.ReadObject(JsonSerializer.SerializeToUtf8Bytes(new { messages }), (ref Utf8JsonReader json) =>
        {
            chat.ReadMessages(ref json);
            return true;
        });
        return chat.Render();
    }

    private static object[] Question(params object[] more) => [new { role = "user", content = " 🎺 What? " }, .. more];

    [Fact]
    public void Messages_BecomeAPromptThatAsksForTheAnswer() =>
        Assert.Equal("<|user|>\n 🎺 What? \n<|assistant|>\n", SimTokenizer.Decode(Render(Question())));

    [Fact]
    public void PartsOfText_AreJoined_AndOthersAreNamed()
    {
        var parts = new object[] { new { type = "text", text = "a" }, new { type = "image_url", image_url = new { url = "x" } }, new { type = "text", text = "b" } };
        Assert.Equal("<|user|>\na<|image_url|>b\n<|assistant|>\n", SimTokenizer.Decode(Render(new object[] { new { role = "user", content = parts } })));
    }

    [Theory]
    [InlineData(ChatTemplate.Sound, true)]
    [InlineData(ChatTemplate.Trims, false)]
    [InlineData(ChatTemplate.Inserts, false)]
    public void APartialAnswer_ReadsAsPromptAndPartial_OnlyWhereTheTemplateIsSound(ChatTemplate template, bool isSound)
    {
        var asked = Render(Question(), template);
        var seed = SimTokens.SeedOf(asked);
        for (var k = 1; k < 40; k++)
        {
            var partial = SimTokens.Text(seed, 0, k);
            var continued = Render(Question(new { role = "assistant", content = partial }), template, continues: true);
            Assert.Equal(isSound, continued.SequenceEqual([.. asked, .. SimTokenizer.Encode(partial)]));
            Assert.Equal(isSound ? new PromptSeed(seed, k) : new PromptSeed(SimTokens.SeedOf(continued), 0), PromptSeed.Of(continued, null, 0));
        }
    }
}
