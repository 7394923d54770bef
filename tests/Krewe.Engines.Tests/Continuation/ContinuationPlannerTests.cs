using System.Text;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Continuation;
using Krewe.Engines.Http;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Tests.Continuation;

public class ContinuationPlannerTests
{
    private const string Chat = """{"model":"m","messages":[{"role":"user","content":"q"}],"max_tokens":50,"max_completion_tokens":40,"min_tokens":6,"temperature":0.70,"stream":true}""";
    private const string ChatWithoutLimits = """{"model":"m","messages":[{"role":"user","content":"q"}],"stream":true}""";

    [Fact]
    public async Task A_chat_by_text_leaves_the_partial_answer_open_and_lowers_every_limit()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Text("Caf\\u00e9 \\\"é\\\"", 5));
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"Caf\u00e9 \"é\""}],"max_tokens":45,"max_completion_tokens":35,"min_tokens":1,"temperature":0.70,"stream":true,"continue_final_message":true,"add_generation_prompt":false}""",
            await SentAsync(engine, Chat, tally));
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":"Rex \"and\" ","max_tokens":50,"stream":true}""", """{"model":"m","prompt":"Rex \"and\" Zulu","max_tokens":46,"stream":true}""")]
    [InlineData("""{"model":"m","prompt": [ "Rex " ],"stream":true}""", """{"model":"m","prompt": [ "Rex Zulu" ],"stream":true,"max_tokens":12}""")]
    [InlineData("""{"model":"m","prompt":[1, 2 ],"max_tokens":50,"stream":true}""", """{"model":"m","prompt":[1, 2,90, 117, 108, 117 ],"max_tokens":46,"stream":true}""")]
    [InlineData("""{"model":"m","prompt":[[1,2]],"max_tokens":50,"stream":true}""", """{"model":"m","prompt":[[1,2,90, 117, 108, 117]],"max_tokens":46,"stream":true}""")]
    public async Task A_completion_by_text_lengthens_its_prompt(string body, string expected)
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Text("Zulu", 4));
        Assert.Equal(expected, await SentAsync(engine, body, tally, endpoint: RequestEndpoint.Completions));
    }

    [Fact]
    public async Task By_token_ids_a_chat_becomes_a_completion_of_what_the_first_engine_read()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Ids("H", 1, "72", "9,8"), Ids("i", 2, "105"));
        Assert.Equal(
            """{"model":"m","max_tokens":38,"min_tokens":4,"temperature":0.70,"stream":true,"prompt":[9,8,72,105]}""",
            await SentAsync(engine, Chat, tally, ContinuationMode.Tokens));
        Assert.Equal(0, engine.Calls);
    }

    [Fact]
    public async Task By_token_ids_without_a_limit_it_gets_the_room_that_is_left()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Ids("H", 1, "72", "9,8"));
        Assert.Equal("""{"model":"m","stream":true,"max_tokens":97,"prompt":[9,8,72]}""", await SentAsync(engine, ChatWithoutLimits, tally, ContinuationMode.Tokens));
    }

    [Theory]
    [InlineData("72,195", "72", 39)]
    [InlineData("72,240,159,142", "72", 39)]
    [InlineData("72", "72", 39)]
    public async Task By_token_ids_what_was_not_shown_yet_of_a_character_is_cut_off(string told, string kept, int left)
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Ids("H", told.Count(c => c == ',') + 1, told, "9,8"));
        Assert.Equal(
            $$"""{"model":"m","max_tokens":{{left}},"min_tokens":5,"temperature":0.70,"stream":true,"prompt":[9,8,{{kept}}]}""",
            await SentAsync(engine, Chat, tally, ContinuationMode.Tokens));
        Assert.Equal(1, tally.CompletionTokens);
    }

    [Fact]
    public async Task Tokens_behind_the_last_text_are_cut_off_in_both_ways()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Ids("H", 1, "72", "9,8"), Ids("", 2, "195"));
        Assert.Contains("\"prompt\":[9,8,72]", await SentAsync(engine, Chat, tally, ContinuationMode.Tokens), StringComparison.Ordinal);

        using var byText = Tally(Text("H", 1), Text("", 2));
        Assert.Contains("\"max_tokens\":49", await SentAsync(engine, Chat, byText), StringComparison.Ordinal);
        Assert.Equal(1, byText.CompletionTokens);
    }

    [Fact]
    public async Task By_text_what_several_tokens_of_a_chunk_did_not_show_is_cut_off()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Text("Rex", 5));
        Assert.Contains("\"max_tokens\":47", await SentAsync(engine, Chat, tally), StringComparison.Ordinal);
        Assert.Equal(3, tally.CompletionTokens);

        // More than may be held back: the engine's tokens were others than its tokenizer's.
        using var other = Tally(Text("Rex", 9));
        Assert.Contains("\"max_tokens\":41", await SentAsync(engine, Chat, other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ids_that_do_not_account_for_all_tokens_are_not_used()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Ids("H", 1, "72", "9,8"), Text("i", 2));
        Assert.Contains("continue_final_message", await SentAsync(engine, Chat, tally, ContinuationMode.Tokens), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_character_is_not_continued()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Text("a\\ud83d", 1), Text("b", 2));
        Assert.Equal(ContinuationRefusal.HalfCharacter, (await PlanAsync(engine, Chat, tally)).Refusal);
    }

    [Theory]
    [InlineData("Rex", ContinuationRefusal.None)]
    [InlineData(" Rex", ContinuationRefusal.Template)]
    [InlineData("Rex\\n", ContinuationRefusal.Template)]
    [InlineData("Rex\\u00a0", ContinuationRefusal.Template)]
    public async Task A_template_that_trims_is_found_out_and_left_alone_at_white_space(string text, ContinuationRefusal expected)
    {
        await using var engine = await ByteEngine.StartAsync(partial => ByteEngine.GenerationPrompt + partial.Trim());
        using var tally = Tally(Text(text, 1));
        Assert.Equal(expected, (await PlanAsync(engine, Chat, tally)).Refusal);
    }

    [Fact]
    public async Task A_template_that_inserts_or_cannot_be_tested_refuses_but_not_by_text_alone()
    {
        await using var inserts = await ByteEngine.StartAsync(partial => ByteEngine.GenerationPrompt + "<think>" + partial);
        await using var untestable = await ByteEngine.StartAsync(status: 404);
        foreach (var engine in new[] { inserts, untestable })
        {
            using var tally = Tally(Text("Rex", 1));
            Assert.Equal(ContinuationRefusal.Template, (await PlanAsync(engine, Chat, tally)).Refusal);
            Assert.NotNull((await PlanAsync(engine, Chat, tally, ContinuationMode.Text)).Body);
        }
    }

    [Fact]
    public async Task A_template_of_the_requests_own_is_not_what_was_tested()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Text("Rex", 1));
        var body = Chat.Replace("\"stream\"", "\"chat_template\":\"x\",\"stream\"", StringComparison.Ordinal);
        Assert.Equal(ContinuationRefusal.Template, (await PlanAsync(engine, body, tally)).Refusal);
    }

    [Fact]
    public async Task An_engine_that_fails_the_test_by_its_state_is_no_verdict_on_its_template()
    {
        await using var engine = await ByteEngine.StartAsync(status: 503);
        using var tally = Tally(Text("Rex", 1));
        var plan = await PlanAsync(engine, Chat, tally);
        Assert.Equal((null, ContinuationRefusal.None, EngineFailure.ErrorStatus), (plan.Body, plan.Refusal, plan.Failure));
    }

    [Fact]
    public async Task A_protocol_without_partial_messages_continues_completions_only()
    {
        await using var engine = await ByteEngine.StartAsync();
        using var tally = Tally(Text("Rex", 1));
        Assert.Equal(ContinuationRefusal.Protocol, (await PlanAsync(engine, Chat, tally, protocol: EngineProtocol.OpenAI)).Refusal);
        var completion = """{"model":"m","prompt":"a","max_tokens":9,"stream":true}""";
        Assert.NotNull((await PlanAsync(engine, completion, tally, protocol: EngineProtocol.OpenAI, endpoint: RequestEndpoint.Completions)).Body);
    }

    [Fact]
    public async Task An_engine_is_tested_once_however_many_ask()
    {
        await using var engine = await ByteEngine.StartAsync();
        var verdicts = new TemplateVerdicts(TimeProvider.System);
        var half = engine.Mixed().Decode;
        var asked = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            verdicts.GetAsync(engine.Client, half.Instance, half.Epoch, engine.Url, "m", TestContext.Current.CancellationToken)));
        Assert.All(asked, one => Assert.Equal(TemplateVerdict.Sound, one.Verdict));
        var calls = engine.Calls;
        Assert.Equal(TemplateVerdict.Sound, verdicts.KnownOrBegin(engine.Client, half.Instance, half.Epoch, engine.Url, "m"));
        Assert.Equal(calls, engine.Calls);
    }

    [Fact]
    public async Task Ask_has_an_engine_count_each_chunk_and_tell_ids_only_where_they_are_needed()
    {
        await using var engine = await ByteEngine.StartAsync(partial => ByteEngine.GenerationPrompt + partial.Trim());
        var verdicts = new TemplateVerdicts(TimeProvider.System);
        var planner = new ContinuationPlanner(verdicts);
        var half = engine.Mixed().Decode;
        await verdicts.GetAsync(engine.Client, half.Instance, half.Epoch, engine.Url, "m", TestContext.Current.CancellationToken);

        // Its template trims: by text a chat would not always do.
        Assert.True(planner.Ask(Parse(Chat), ContinuationMode.Auto, half, engine.Client).TokenIds);
        Assert.False(planner.Ask(Parse(Chat), ContinuationMode.Text, half, engine.Client).TokenIds);
        Assert.False(planner.Ask(Parse(Chat.Replace("\"stream\"", "\"stop\":\"x\",\"stream\"", StringComparison.Ordinal)), ContinuationMode.Tokens, half, engine.Client).TokenIds);
        var completion = Parse("""{"model":"m","prompt":"a","stream":true}""", RequestEndpoint.Completions);
        Assert.False(planner.Ask(completion, ContinuationMode.Auto, half, engine.Client).TokenIds);
        Assert.True(planner.Ask(completion, ContinuationMode.Tokens, half, engine.Client).TokenIds);

        Assert.Equal("""{"include_usage":true,"continuous_usage_stats":true}""", Encoding.UTF8.GetString(planner.Ask(completion, ContinuationMode.Auto, half, engine.Client).StreamOptions.Span));
        var itself = Parse("""{"model":"m","prompt":"a","stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}""", RequestEndpoint.Completions);
        Assert.True(planner.Ask(itself, ContinuationMode.Auto, half, engine.Client).StreamOptions.IsEmpty);
        Assert.True(planner.Ask(completion, ContinuationMode.Auto, half with { Protocol = EngineProtocol.OpenAI }, engine.Client).StreamOptions.IsEmpty);
    }

    private static string Text(string escaped, int tokens) => $$$"""{"id":"a","choices":[{"text":"{{{escaped}}}"}],"usage":{"prompt_tokens":2,"completion_tokens":{{{tokens}}}}}""";

    private static string Ids(string escaped, int tokens, string ids, string? prompt = null) =>
        $$$"""{"id":"a","choices":[{"text":"{{{escaped}}}","token_ids":[{{{ids}}}]}],"prompt_token_ids":{{{(prompt is null ? "null" : $"[{prompt}]")}}},"usage":{"prompt_tokens":2,"completion_tokens":{{{tokens}}}}}""";

    private static StreamTally Tally(params string[] chunks)
    {
        var tally = new StreamTally { Ids = new TokenIdTally() };
        foreach (var chunk in chunks)
        {
            var data = Encoding.UTF8.GetBytes(chunk);
            tally.Add(ChunkInspector.Inspect(data), data);
        }

        tally.CutBack();
        return tally;
    }

    private static RequestBody Parse(string json, RequestEndpoint endpoint = RequestEndpoint.ChatCompletions)
    {
        Assert.True(RequestBody.TryParse(Encoding.UTF8.GetBytes(json), endpoint, out var body, out var error), error?.Message);
        return body;
    }

    private static async Task<string> SentAsync(
        ByteEngine engine, string body, StreamTally tally, ContinuationMode mode = ContinuationMode.Auto, RequestEndpoint endpoint = RequestEndpoint.ChatCompletions)
    {
        using var output = new PooledBuffer();
        var plan = await PlanAsync(engine, body, tally, mode, endpoint: endpoint, output: output);
        Assert.NotNull(plan.Body);
        return Encoding.UTF8.GetString(plan.Body.Utf8.Span);
    }

    private static async Task<ContinuationPlan> PlanAsync(
        ByteEngine engine,
        string body,
        StreamTally tally,
        ContinuationMode mode = ContinuationMode.Auto,
        EngineProtocol protocol = EngineProtocol.Vllm,
        RequestEndpoint endpoint = RequestEndpoint.ChatCompletions,
        PooledBuffer? output = null)
    {
        var parsed = Parse(body, endpoint);
        var decision = ContinuationRule.Decide(new ContinuationState
        {
            Mode = mode,
            HasContent = true,
            IsTextKept = true,
            IsCounted = true,
            TokensDelivered = tally.DeliveredTokens,
            MaxTokens = ContinuationRequest.MaxTokens(parsed),
            MinTokens = ContinuationRequest.MinTokens(parsed),
        });
        Assert.Equal(ContinuationKind.Continue, decision.Kind);
        var stream = new BrokenStream { Body = parsed, Tally = tally, Decision = decision, Mode = mode, Binding = engine.Mixed(protocol), Client = engine.Client };
        return await new ContinuationPlanner(new TemplateVerdicts(TimeProvider.System))
            .PlanAsync(stream, output ?? new PooledBuffer(), TestContext.Current.CancellationToken);
    }
}
