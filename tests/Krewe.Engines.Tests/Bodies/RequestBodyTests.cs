using System.Text;
using Krewe.Engines.Bodies;

namespace Krewe.Engines.Tests.Bodies;

public class RequestBodyTests
{
    private const string Chat = """{"model":"m","messages":[{"role":"user","content":"hi"}]""";

    [Fact]
    public void TryParse_everything_a_chat_body_says_is_found()
    {
        var body = Accept("""
            { "model" : "sim-model", "messages":[{"role":"user","content":"0123456789"}], "stream": true,
              "stream_options": {"include_usage": true, "x": {"include_usage": false}, "continuous_usage_stats": true},
              "max_tokens": 7, "max_completion_tokens": 9, "min_tokens": 2, "n": 3, "temperature": 0.5, "seed": 4,
              "tools": [{"type":"function"}], "tool_choice": "required", "response_format": {"type": "json_object"},
              "logprobs": true, "presence_penalty": 0.5, "krewe": {"resume": {"text": "a"}} }
            """);

        Assert.Equal("sim-model", body.Model);
        Assert.True(body.Stream && body.IncludeUsage && body.ContinuousUsage);
        Assert.Equal((7, 9, 9, 2, 3), (body.MaxTokens, body.MaxCompletionTokens, body.OutputLimit, body.MinTokens, body.Choices));
        Assert.Equal(
            RequestTraits.MultipleChoices | RequestTraits.Seed | RequestTraits.Tools | RequestTraits.ForcedTool
            | RequestTraits.GuidedDecoding | RequestTraits.Logprobs | RequestTraits.Penalties,
            body.Traits);
        Assert.Equal("""{"resume": {"text": "a"}}""", Encoding.UTF8.GetString(body.Value(BodyProperty.Krewe).Span));
        Assert.Equal("7", Encoding.UTF8.GetString(body.Value(BodyProperty.MaxTokens).Span));
        Assert.True(body.Value(BodyProperty.CacheSalt).IsEmpty);
        Assert.Equal("""[{"role":"user","content":"0123456789"}]""".Length / 4, body.EstimatedPromptTokens);
    }

    [Fact]
    public void TryParse_null_and_neutral_values_are_as_if_not_given()
    {
        var body = Accept(Chat + """
            ,"stream":null,"stream_options":null,"max_tokens":null,"n":null,"best_of":1,"seed":null,"tools":[],"tool_choice":"auto",
            "response_format":{"type":"text"},"logprobs":false,"top_logprobs":0,"presence_penalty":0,"frequency_penalty":0.0,
            "repetition_penalty":1.0,"guided_json":null,"structured_outputs":null,"echo":false,"functions":null,"use_beam_search":false}
            """);

        Assert.Equal(RequestTraits.None, body.Traits);
        Assert.False(body.Stream);
        Assert.Null(body.OutputLimit);
        Assert.Equal(1, body.Choices);
    }

    [Theory]
    [InlineData("\"prompt\":\"12345678\"", PromptKind.Text, 1, 2, RequestTraits.None)]
    [InlineData("\"prompt\":[\"12345678\"]", PromptKind.TextList, 1, 2, RequestTraits.None)]
    [InlineData("\"prompt\":[\"12345678\",\"1234\"]", PromptKind.TextList, 2, 3, RequestTraits.ListPrompt)]
    [InlineData("\"prompt\":[1,2,3]", PromptKind.Tokens, 1, 3, RequestTraits.None)]
    [InlineData("\"prompt\":[[1,2],[3]]", PromptKind.TokenLists, 2, 3, RequestTraits.ListPrompt)]
    [InlineData("\"prompt\":\"\"", PromptKind.Text, 1, 1, RequestTraits.None)]
    [InlineData("\"prompt\":null,\"prompt_embeds\":\"AA\"", PromptKind.None, 1, 1, RequestTraits.PromptEmbeds)]
    [InlineData("\"prompt\":\"a\",\"guided_regex\":\"x\"", PromptKind.Text, 1, 1, RequestTraits.GuidedDecoding)]
    [InlineData("\"prompt\":\"a\",\"logprobs\":0,\"echo\":true,\"best_of\":2,\"suffix\":\"b\"", PromptKind.Text, 1, 1, RequestTraits.Logprobs | RequestTraits.Echo | RequestTraits.BestOf | RequestTraits.Suffix)]
    [InlineData("\"prompt\":\"a\",\"prompt_logprobs\":1,\"use_beam_search\":true", PromptKind.Text, 1, 1, RequestTraits.PromptLogprobs | RequestTraits.BeamSearch)]
    public void TryParse_prompts_of_every_kind(string fields, PromptKind kind, int count, int tokens, RequestTraits traits)
    {
        var body = Accept("{\"model\":\"m\"," + fields + "}", RequestEndpoint.Completions);

        Assert.Equal((kind, count, tokens, traits), (body.PromptKind, body.PromptCount, body.EstimatedPromptTokens, body.Traits));
    }

    [Theory]
    [InlineData("""{"mod\u0065l":"m","messages":[{}],"str\u0065am":true}""")]
    [InlineData("""{"\u006d\u006f\u0064\u0065\u006c":"m","messages":[{}],"\u0073tream":true}""")]
    public void TryParse_escaped_names_are_the_same_names(string json)
    {
        var body = Accept(json);

        Assert.Equal("m", body.Model);
        Assert.True(body.Stream);
    }

    [Fact]
    public void TryParse_escaped_long_names_are_known_by_their_prefix()
    {
        var name = string.Concat("bootstrap_room_of_a_very_long_name".Select(c => $"\\u{(int)c:x4}"));

        Assert.Equal(1, Accept(Chat + ",\"" + name + "\":1}").Bootstrap.Length);
    }

    [Fact]
    public void TryParse_a_name_with_half_a_surrogate_is_just_unknown() => Accept(Chat + ",\"\\ud800\":1}");

    [Fact]
    public void TryParse_the_escaped_model_is_decoded() =>
        Assert.Equal("a/é", Accept("""{"model":"a\/\u00e9","messages":[{}]}""").Model);

    [Theory]
    [InlineData("", BodyErrorKind.Empty, null)]
    [InlineData("   ", BodyErrorKind.NotJson, null)]
    [InlineData("nonsense", BodyErrorKind.NotJson, null)]
    [InlineData("{", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\"", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\",}", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{}]} x", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{}]}{}", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"a\":NaN}", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"a\":01}", BodyErrorKind.NotJson, null)]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"a\":\"\u0001\"}", BodyErrorKind.NotJson, null)]
    [InlineData("[1]", BodyErrorKind.NotAnObject, null)]
    [InlineData("null", BodyErrorKind.NotAnObject, null)]
    [InlineData("\"x\"", BodyErrorKind.NotAnObject, null)]
    [InlineData("{}", BodyErrorKind.Missing, "model")]
    [InlineData("{\"model\":null,\"messages\":[{}]}", BodyErrorKind.WrongType, "model")]
    [InlineData("{\"model\":5,\"messages\":[{}]}", BodyErrorKind.WrongType, "model")]
    [InlineData("{\"model\":\"\",\"messages\":[{}]}", BodyErrorKind.OutOfRange, "model")]
    [InlineData("{\"model\":\"\\ud800\",\"messages\":[{}]}", BodyErrorKind.WrongType, "model")]
    [InlineData("{\"model\":\"m\"}", BodyErrorKind.Missing, "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":null}", BodyErrorKind.WrongType, "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":\"hi\"}", BodyErrorKind.WrongType, "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":[]}", BodyErrorKind.OutOfRange, "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":[{},7]}", BodyErrorKind.WrongType, "messages[1]")]
    [InlineData("{\"model\":\"m\",\"model\":\"n\",\"messages\":[{}]}", BodyErrorKind.Duplicate, "model")]
    [InlineData("{\"model\":\"m\",\"mod\\u0065l\":\"n\",\"messages\":[{}]}", BodyErrorKind.Duplicate, "model")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"kv_transfer_params\":1,\"kv_transfer_params\":2}", BodyErrorKind.Duplicate, "kv_transfer_params")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"stream\":\"true\"}", BodyErrorKind.WrongType, "stream")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"stream\":1}", BodyErrorKind.WrongType, "stream")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"stream_options\":true}", BodyErrorKind.WrongType, "stream_options")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"stream_options\":{\"include_usage\":1}}", BodyErrorKind.WrongType, "stream_options.include_usage")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":-1}", BodyErrorKind.OutOfRange, "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":2147483648}", BodyErrorKind.OutOfRange, "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":1.5}", BodyErrorKind.WrongType, "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":1e400}", BodyErrorKind.WrongType, "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":\"5\"}", BodyErrorKind.WrongType, "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"max_completion_tokens\":[]}", BodyErrorKind.WrongType, "max_completion_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"n\":0}", BodyErrorKind.OutOfRange, "n")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"n\":1000000}", BodyErrorKind.OutOfRange, "n")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"best_of\":{}}", BodyErrorKind.WrongType, "best_of")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"seed\":1.5}", BodyErrorKind.WrongType, "seed")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"presence_penalty\":\"a\"}", BodyErrorKind.WrongType, "presence_penalty")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"presence_penalty\":1e400}", BodyErrorKind.OutOfRange, "presence_penalty")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"tools\":{}}", BodyErrorKind.WrongType, "tools")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"logprobs\":\"x\"}", BodyErrorKind.WrongType, "logprobs")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"krewe\":1}", BodyErrorKind.WrongType, "krewe")]
    [InlineData("{\"model\":\"m\",\"messages\":[{}],\"vllm_xargs\":{\"kv_transfer_params\":{}}}", BodyErrorKind.NotAllowed, "vllm_xargs.kv_transfer_params")]
    public void TryParse_bad_chat_bodies_are_refused_naming_the_field(string json, BodyErrorKind kind, string? param)
    {
        var error = Refuse(json, RequestEndpoint.ChatCompletions);

        Assert.Equal((kind, param), (error.Kind, error.Param));
        Assert.True(param is null || error.Message.Contains(param, StringComparison.Ordinal), error.Message);
    }

    [Theory]
    [InlineData("", BodyErrorKind.Missing)]
    [InlineData(",\"prompt\":null", BodyErrorKind.Missing)]
    [InlineData(",\"prompt\":5", BodyErrorKind.WrongType)]
    [InlineData(",\"prompt\":[]", BodyErrorKind.OutOfRange)]
    [InlineData(",\"prompt\":[{}]", BodyErrorKind.WrongType)]
    [InlineData(",\"prompt\":[1,\"a\"]", BodyErrorKind.WrongType)]
    [InlineData(",\"prompt\":[[1],2]", BodyErrorKind.WrongType)]
    [InlineData(",\"prompt\":[[1,\"a\"]]", BodyErrorKind.WrongType)]
    public void TryParse_bad_prompts_are_refused(string field, BodyErrorKind kind)
    {
        var error = Refuse("{\"model\":\"m\"" + field + "}", RequestEndpoint.Completions);

        Assert.Equal((kind, "prompt"), (error.Kind, error.Param));
    }

    [Fact]
    public void TryParse_embeddings_need_input()
    {
        Assert.Equal("input", Refuse("""{"model":"m","prompt":"a"}""", RequestEndpoint.Embeddings).Param);
        Assert.Equal(2, Accept("""{"model":"m","input":["a","b"]}""", RequestEndpoint.Embeddings).PromptCount);
    }

    [Fact]
    public void TryParse_nesting_is_bounded()
    {
        // The object itself is the first level.
        var within = Chat + ",\"a\":" + new string('[', 63) + new string(']', 63) + "}";
        var beyond = Chat + ",\"a\":" + new string('[', 64) + new string(']', 64) + "}";
        var far = Chat + ",\"a\":" + new string('[', 100_000);

        Accept(within);
        Assert.Equal(BodyErrorKind.TooDeep, Refuse(beyond, RequestEndpoint.ChatCompletions).Kind);
        Assert.Equal(BodyErrorKind.TooDeep, Refuse(far, RequestEndpoint.ChatCompletions).Kind);
    }

    [Fact]
    public void TryParse_bytes_that_are_no_utf8_are_refused()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes("""{"model":"m","messages":[{"content":" """), 0xC3, 0x28, .. "\"}]}"u8];

        Assert.False(RequestBody.TryParse(bytes, RequestEndpoint.ChatCompletions, out _, out var error));
        Assert.Equal(BodyErrorKind.NotUtf8, error.Kind);
    }

    [Fact]
    public void TryParse_a_model_name_is_bounded() =>
        Assert.Equal("model", Refuse("{\"model\":\"" + new string('x', 513) + "\",\"messages\":[{}]}", RequestEndpoint.ChatCompletions).Param);

    [Fact]
    public void TryParse_no_more_bootstrap_fields_than_sense() =>
        Assert.Equal(
            BodyErrorKind.NotAllowed,
            Refuse(Chat + string.Concat(Enumerable.Range(0, 17).Select(i => $",\"bootstrap_{i}\":1")) + "}", RequestEndpoint.ChatCompletions).Kind);

    [Fact]
    public void TryParse_any_cut_of_a_body_is_refused_and_never_throws()
    {
        var bytes = Encoding.UTF8.GetBytes(Chat + ""","stream":true,"stream_options":{"include_usage":true},"tools":[{"a":[1,2]}],"vllm_xargs":{"x":1}}""");
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(RequestBody.TryParse(bytes.AsMemory(0, length), RequestEndpoint.ChatCompletions, out _, out var error));
            Assert.Contains(error.Kind, new[] { BodyErrorKind.Empty, BodyErrorKind.NotJson });
        }
    }

    [Fact]
    public void TryParse_any_change_of_one_byte_is_accepted_or_refused_and_never_throws()
    {
        var bytes = Encoding.UTF8.GetBytes(Chat + ""","stream":true,"n":1,"prompt":["a"],"response_format":{"type":"text"},"seed":12}""");
        for (var at = 0; at < bytes.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])bytes.Clone();
                changed[at] = (byte)value;
                var accepted = RequestBody.TryParse(changed, RequestEndpoint.ChatCompletions, out var body, out var error);
                Assert.True(accepted ? body is not null : error is not null);
            }
        }
    }

    private static RequestBody Accept(string json, RequestEndpoint endpoint = RequestEndpoint.ChatCompletions)
    {
        var accepted = RequestBody.TryParse(Encoding.UTF8.GetBytes(json), endpoint, out var body, out var error);
        Assert.True(accepted, error?.Message);
        return body!;
    }

    private static BodyError Refuse(string json, RequestEndpoint endpoint)
    {
        Assert.False(RequestBody.TryParse(Encoding.UTF8.GetBytes(json), endpoint, out _, out var error));
        return error;
    }
}
