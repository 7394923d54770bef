using System.Text;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Tests.Protocol;

public sealed class AnswerPlanTests
{
    private static readonly AnswerLimits Limits = new(MaxModelLength: 1000, MinAnswer: 24, MaxAnswer: 96);

    private static AnswerPlan Plan(string fields, bool isChat = false, int choice = 0)
    {
        var prompt = isChat ? "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" : "\"prompt\":\"hi\"";
        var request = GenerationParser.Parse(Encoding.UTF8.GetBytes($"{{{prompt}{(fields.Length > 0 ? "," : "")}{fields}}}"), isChat, SimStreamShape.Plain, ChatTemplate.Sound);
        return AnswerPlan.Make(request, request.Prompts[0].Ids, choice, Limits);
    }

    private static string Text(AnswerPlan plan)
    {
        using var text = new Utf8Buffer();
        for (var i = 0; i < plan.Tokens; i++)
        {
            plan.AppendText(i, text);
        }

        return Encoding.UTF8.GetString(text.Written).Replace("\\n", "\n", StringComparison.Ordinal);
    }

    [Fact]
    public void MaxTokens_IsTheLengthOfTheAnswer()
    {
        var plan = Plan("\"max_tokens\":5");
        Assert.Equal((5, false), (plan.Tokens, plan.IsStop));
        Assert.Equal(SimTokens.Text(SimTokens.SeedOf("hi"), 0, 5), Text(plan));
    }

    [Fact]
    public void WithoutMaxTokens_ACompletionHas16Tokens_AsInVllm() => Assert.Equal((16, false), (Plan("").Tokens, Plan("").IsStop));

    [Fact]
    public void WithoutMaxTokens_AChatEndsItself_AtALengthThatFollowsFromItsSeed()
    {
        var plan = Plan("", isChat: true);
        Assert.True(plan.EndsItself);
        Assert.Equal(AnswerPlan.DefaultAnswer(plan.Seed, Limits) + 1, plan.Tokens);
        Assert.InRange(plan.Tokens, 25, 97);
        Assert.Equal(SimTokens.Text(plan.Seed, 0, plan.Tokens - 1), Text(plan));
    }

    [Theory]
    [InlineData("\"max_tokens\":50,\"krewe_sim\":{\"answer_tokens\":7}", 8, true)]
    [InlineData("\"max_tokens\":7,\"krewe_sim\":{\"answer_tokens\":7}", 7, false)]
    [InlineData("\"max_tokens\":1,\"krewe_sim\":{\"answer_tokens\":0}", 1, true)]
    [InlineData("\"max_tokens\":50,\"ignore_eos\":true,\"krewe_sim\":{\"answer_tokens\":7}", 50, false)]
    [InlineData("\"max_tokens\":50,\"min_tokens\":20,\"krewe_sim\":{\"answer_tokens\":7}", 21, true)]
    public void AnswerTokens_SayWhereTheAnswerEndsItself(string fields, int tokens, bool isStop)
    {
        var plan = Plan(fields);
        Assert.Equal((tokens, isStop), (plan.Tokens, plan.IsStop));
    }

    [Fact]
    public void MaxCompletionTokens_GoesBeforeMaxTokens_InAnyOrder()
    {
        Assert.Equal(3, Plan("\"max_completion_tokens\":3,\"max_tokens\":9", isChat: true).Tokens);
        Assert.Equal(3, Plan("\"max_tokens\":9,\"max_completion_tokens\":3", isChat: true).Tokens);
    }

    [Fact]
    public void AContinuation_EndsWhereTheWholeAnswerWould()
    {
        var whole = Plan("\"krewe_sim\":{\"seed\":5,\"answer_tokens\":30},\"max_tokens\":100");
        var prompt = SimTokenizer.Encode("hi" + SimTokens.Text(5, 0, 12));
        var request = GenerationParser.Parse("{\"prompt\":\"-\",\"max_tokens\":88,\"krewe_sim\":{\"seed\":5,\"answer_tokens\":30}}"u8, false, SimStreamShape.Plain, ChatTemplate.Sound);
        var rest = AnswerPlan.Make(request, prompt, 0, Limits);
        Assert.Equal((12, whole.Tokens - 12), (rest.FirstIndex, rest.Tokens));
        Assert.Equal(Text(whole), SimTokens.Text(5, 0, 12) + Text(rest));
    }

    [Fact]
    public void AStopString_EndsTheAnswerBeforeIt_WhereverItLies()
    {
        var full = SimTokens.Text(SimTokens.SeedOf("hi"), 0, 40);
        for (var at = 0; at < 100; at++)
        {
            var stop = full.Substring(at, 5);
            if (stop.Any(char.IsSurrogate) || stop.Contains('\n', StringComparison.Ordinal))
            {
                continue;
            }

            var plan = Plan($"\"max_tokens\":40,\"stop\":[\"zzz\",\"{stop}\"]");
            var first = full.IndexOf(stop, StringComparison.Ordinal);
            Assert.Equal(stop, plan.StopReason);
            Assert.Equal(full[..first], Text(plan));
            Assert.Equal(full[..(first + 5)], Text(Plan($"\"max_tokens\":40,\"stop\":\"{stop}\",\"include_stop_str_in_output\":true")));
        }
    }

    [Fact]
    public void AStopStringBeforeMinTokens_DoesNotCount()
    {
        var plan = Plan("\"max_tokens\":9,\"min_tokens\":9,\"stop\":\"0.\"");
        Assert.Null(plan.StopReason);
        Assert.Equal(9, plan.Tokens);
    }

    [Fact]
    public void SeveralChoices_AreDifferentAnswers() => Assert.NotEqual(Plan("\"n\":2,\"max_tokens\":5").Seed, Plan("\"n\":2,\"max_tokens\":5", choice: 1).Seed);

    [Theory]
    [InlineData("\"max_tokens\":1000", "max_tokens")]
    [InlineData("\"max_tokens\":-1", "max_tokens")]
    [InlineData("\"max_tokens\":\"5\"", "max_tokens")]
    [InlineData("\"max_tokens\":0", "max_tokens")]
    [InlineData("\"min_tokens\":6,\"max_tokens\":5", "min_tokens")]
    [InlineData("\"n\":0", "n")]
    [InlineData("\"stream\":\"yes\"", "stream")]
    [InlineData("\"stop\":5", "stop")]
    [InlineData("\"model\":5", "model")]
    [InlineData("\"stream_options\":[]", "stream_options")]
    [InlineData("\"kv_transfer_params\":7", "kv_transfer_params")]
    [InlineData("\"kv_transfer_params\":{\"remote_port\":70000}", "kv_transfer_params.remote_port")]
    [InlineData("\"kv_transfer_params\":{\"remote_block_ids\":[\"x\"]}", "kv_transfer_params.remote_block_ids")]
    [InlineData("\"krewe_sim\":{\"seed\":-5}", "krewe_sim.seed")]
    [InlineData("\"krewe_sim\":{\"nothing\":1}", "krewe_sim")]
    [InlineData("\"krewe_sim\":{\"tokens_per_chunk\":0}", "krewe_sim.tokens_per_chunk")]
    public void AWrongField_IsNamed(string fields, string field)
    {
        var error = Assert.Throws<EngineErrorException>(() => Plan(fields));
        Assert.Equal((400, field), (error.Status, error.Param));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"prompt\":\"hi\"")]
    [InlineData("{\"prompt\":\"hi\"} x")]
    [InlineData("{\"prompt\":\"\\ud800\"}")]
    [InlineData("{}")]
    [InlineData("{\"prompt\":\"\"}")]
    [InlineData("{\"prompt\":[]}")]
    [InlineData("{\"prompt\":[1,\"x\"]}")]
    [InlineData("{\"prompt\":[-1]}")]
    [InlineData("{\"prompt\":[[]]}")]
    public void ABrokenBody_IsA400(string body) => Assert.Equal(400, Assert.Throws<EngineErrorException>(() =>
        GenerationParser.Parse(Encoding.UTF8.GetBytes(body), false, SimStreamShape.Plain, ChatTemplate.Sound)).Status);

    [Theory]
    [InlineData("{\"messages\":[]}")]
    [InlineData("{\"messages\":[5]}")]
    [InlineData("{\"messages\":[{\"content\":\"x\"}]}")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":5}]}")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"continue_final_message\":true,\"add_generation_prompt\":false}")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}],\"continue_final_message\":true}")]
    public void ABrokenChat_IsA400(string body) => Assert.Equal(400, Assert.Throws<EngineErrorException>(() =>
        GenerationParser.Parse(Encoding.UTF8.GetBytes(body), true, SimStreamShape.Plain, ChatTemplate.Sound)).Status);

    [Fact]
    public void PromptsMayBeTexts_TokenIds_OrListsOfEither()
    {
        static List<int[]> Ids(string prompt) => [.. GenerationParser.Parse(Encoding.UTF8.GetBytes($"{{\"prompt\":{prompt}}}"), false, SimStreamShape.Plain, ChatTemplate.Sound).Prompts.Select(static p => p.Ids)];

        Assert.Equal([SimTokenizer.Encode("a\nb")], Ids("\"a\\nb\""));
        Assert.Equal([[1, 2, 3]], Ids("[1,2,3]"));
        Assert.Equal([SimTokenizer.Encode("a"), SimTokenizer.Encode("b")], Ids("[\"a\",\"b\"]"));
        Assert.Equal([[1, 2], [3]], Ids("[[1,2],[3]]"));
    }
}
