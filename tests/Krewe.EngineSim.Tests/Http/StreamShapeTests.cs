using System.Text;
using System.Text.Json;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Http;

/// <summary>Streams that are cut up as real engines cut them, now and then.</summary>
public sealed class StreamShapeTests
{
    private const int Tokens = 64;
    private static readonly string All = SimTokens.Text(3, 0, Tokens);

    private static string Body(string hooks) => $$$"""{"prompt":"hi","max_tokens":{{{Tokens}}},"stream":true,"stream_options":{"continuous_usage_stats":true},"krewe_sim":{"seed":3{{{hooks}}}}}""";

    private static List<(string Text, int Tokens)> Chunks(List<JsonElement> events) =>
        [.. events.Select(static e => (e.GetProperty("choices")[0].GetProperty("text").GetString()!, e.GetProperty("krewe_sim").GetProperty("tokens").GetInt32()))];

    [Fact]
    public async Task SplitCharacters_GiveATokenWithoutText_ThenTheWholeCharacter()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var events = await client.EventsAsync("/v1/completions", Body(",\"split_characters\":true"));
        var chunks = Chunks(events);
        Assert.Equal(Tokens, chunks.Count);
        Assert.Equal(All, string.Concat(chunks.Select(static chunk => chunk.Text)));
        Assert.DoesNotContain('\uFFFD', string.Concat(chunks.Select(static chunk => chunk.Text)));
        var silent = Enumerable.Range(0, Tokens).Where(i => chunks[i].Text.Length == 0).ToList();
        Assert.NotEmpty(silent);
        Assert.All(silent, i => Assert.Equal(SimTokens.Text(3, i) + SimTokens.Text(3, i + 1), chunks[i + 1].Text));

        // The engine's count runs ahead of the text there.
        Assert.Equal(Enumerable.Range(1, Tokens), events.Select(static e => e.GetProperty("usage").GetProperty("completion_tokens").GetInt32()));
    }

    [Fact]
    public async Task EmptyTokens_HaveNoText_AndCountAll()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var chunks = Chunks(await client.EventsAsync("/v1/completions", Body(",\"empty_every\":4")));
        Assert.Equal(Enumerable.Range(0, Tokens).Select(static i => i % 4 == 3 ? "" : SimTokens.Text(3, i)), chunks.Select(static chunk => chunk.Text));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task SeveralTokens_ComeInOneChunk(int perChunk)
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var chunks = Chunks(await client.EventsAsync("/v1/completions", Body($",\"tokens_per_chunk\":{perChunk}")));
        Assert.Equal(All, string.Concat(chunks.Select(static chunk => chunk.Text)));
        Assert.All(chunks.SkipLast(1), chunk => Assert.Equal(perChunk, chunk.Tokens));
        Assert.Equal(Tokens, chunks.Sum(static chunk => chunk.Tokens));
    }

    [Fact]
    public async Task Comments_And_CrLf_SurroundTheSameEvents()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var (_, body) = await client.TextAsync("/v1/completions", Body(",\"comments\":true,\"crlf\":true"));
        var lines = body.Split('\n');
        Assert.All(lines.SkipLast(1), static line => Assert.EndsWith("\r", line, StringComparison.Ordinal));
        Assert.Equal(Tokens, lines.Count(static line => line == ": keep-alive\r"));
        Assert.Equal(Tokens + 1, lines.Count(static line => line.StartsWith("data: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task SplitWrites_CutAnEventInsideACharacter()
    {
        await using var engines = new EngineFixture();
        var (engine, client) = await engines.StartAsync(EngineFixture.Quick with { Shape = SimStreamShape.Plain with { SplitWrites = true } });
        var raw = await RawHttp.PostAsync(engine.Url, "/v1/completions", Body(""));

        // A chunk of the transfer that begins with a continuation byte.
        Assert.Matches("\r\n[0-9a-f]+\r\n[\x80-\xBF]", Encoding.Latin1.GetString(raw));
        Assert.Equal(All, EngineClient.TextOf(await client.EventsAsync("/v1/completions", Body(""))));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"empty_every\":4")]
    public async Task AChatThatIsContinued_GoesOnWithTheNextToken(string hooks)
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        var sim = $"\"krewe_sim\":{{\"answer_tokens\":40{hooks}}}";
        var whole = EngineClient.TextOf(await client.EventsAsync("/v1/chat/completions", $$"""{"messages":[{"role":"user","content":"Tell me."}],"stream":true,{{sim}}}"""));
        for (var k = 1; k <= 40; k += 3)
        {
            var seed = SimTokens.SeedOf("<|user|>\nTell me.\n<|assistant|>\n");
            var partial = string.Concat(Enumerable.Range(0, k).Where(i => hooks.Length == 0 || i % 4 != 3).Select(i => SimTokens.Text(seed, i)));
            var messages = JsonSerializer.Serialize(new object[] { new { role = "user", content = "Tell me." }, new { role = "assistant", content = partial } });
            var rest = await client.EventsAsync(
                "/v1/chat/completions", $$"""{"messages":{{messages}},"stream":true,"add_generation_prompt":false,"continue_final_message":true,{{sim}}}""");
            Assert.Equal(whole, partial + EngineClient.TextOf(rest));
        }
    }

    [Fact]
    public async Task Tokenize_OfMessages_GivesThePromptThatACompletionOfItsIdsAnswersAlike()
    {
        await using var engines = new EngineFixture();
        var (_, client) = await engines.StartAsync();
        const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me é.\"}]";
        var tokenized = await client.JsonAsync("/tokenize", $"{{{Messages},\"return_token_strs\":true}}");
        var ids = tokenized.GetProperty("tokens").GetRawText();
        var chat = await client.JsonAsync("/v1/chat/completions", $"{{{Messages},\"max_tokens\":6}}");
        var completion = await client.JsonAsync("/v1/completions", $"{{\"prompt\":{ids},\"max_tokens\":6}}");
        Assert.Equal(chat.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), completion.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.Equal(tokenized.GetProperty("count").GetInt32(), chat.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        var prompt = (await client.JsonAsync("/detokenize", $"{{\"tokens\":{ids}}}")).GetProperty("prompt").GetString();
        Assert.Equal("<|user|>\nTell me é.\n<|assistant|>\n", prompt);
        Assert.Equal(prompt, string.Concat(tokenized.GetProperty("token_strs").EnumerateArray().Select(static s => s.GetString())));
    }
}
