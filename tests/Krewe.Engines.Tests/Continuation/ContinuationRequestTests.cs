using System.Text;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Continuation;

namespace Krewe.Engines.Tests.Continuation;

public class ContinuationRequestTests
{
    [Theory]
    [InlineData("\"n\":2", ContinuationRefusal.MultipleChoices)]
    [InlineData("\"n\":2,\"seed\":1", ContinuationRefusal.MultipleChoices)]
    [InlineData("\"use_beam_search\":true", ContinuationRefusal.BeamSearch)]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", ContinuationRefusal.GuidedDecoding)]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}", ContinuationRefusal.GuidedDecoding)]
    [InlineData("\"guided_regex\":\"a+\"", ContinuationRefusal.GuidedDecoding)]
    [InlineData("\"structured_outputs\":{\"regex\":\"a+\"}", ContinuationRefusal.GuidedDecoding)]
    [InlineData("\"tools\":[{}],\"tool_choice\":\"required\"", ContinuationRefusal.ForcedTool)]
    [InlineData("\"tools\":[{}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", ContinuationRefusal.ForcedTool)]
    [InlineData("\"presence_penalty\":0.5", ContinuationRefusal.Penalties)]
    [InlineData("\"frequency_penalty\":-0.5", ContinuationRefusal.Penalties)]
    [InlineData("\"repetition_penalty\":1.1", ContinuationRefusal.Penalties)]
    [InlineData("\"seed\":0", ContinuationRefusal.Seed)]
    [InlineData("\"logprobs\":true", ContinuationRefusal.Logprobs)]
    [InlineData("\"prompt_logprobs\":1", ContinuationRefusal.Logprobs)]
    [InlineData("\"continue_final_message\":true,\"add_generation_prompt\":false", ContinuationRefusal.ClientContinues)]
    [InlineData("\"add_generation_prompt\":false", ContinuationRefusal.ClientContinues)]
    [InlineData("\"temperature\":0.7", ContinuationRefusal.None)]
    [InlineData("\"n\":1,\"seed\":null,\"presence_penalty\":0,\"frequency_penalty\":0.0,\"repetition_penalty\":1,\"logprobs\":false,\"response_format\":{\"type\":\"text\"}", ContinuationRefusal.None)]
    [InlineData("\"tools\":[{}],\"tool_choice\":\"auto\"", ContinuationRefusal.None)]
    [InlineData("\"stop\":[\"a\"]", ContinuationRefusal.None)]
    public void Forbidden_Chat(string fields, ContinuationRefusal expected) =>
        Assert.Equal(expected, ContinuationRequest.Forbidden(Parse($"{{\"model\":\"m\",\"messages\":[{{}}],{fields}}}", RequestEndpoint.ChatCompletions)));

    [Theory]
    [InlineData("\"prompt\":\"a\",\"best_of\":2", ContinuationRefusal.BestOf)]
    [InlineData("\"prompt\":\"a\",\"echo\":true", ContinuationRefusal.Echo)]
    [InlineData("\"prompt\":\"a\",\"logprobs\":0", ContinuationRefusal.Logprobs)]
    [InlineData("\"prompt\":\"a\",\"suffix\":\"b\"", ContinuationRefusal.Suffix)]
    [InlineData("\"prompt\":[\"a\",\"b\"]", ContinuationRefusal.ListPrompt)]
    [InlineData("\"prompt\":[[1],[2]]", ContinuationRefusal.ListPrompt)]
    [InlineData("\"prompt\":\"a\",\"prompt_embeds\":\"b\"", ContinuationRefusal.PromptEmbeds)]
    [InlineData("\"prompt\":\"a\",\"echo\":false,\"best_of\":1,\"suffix\":null,\"logprobs\":null", ContinuationRefusal.None)]
    [InlineData("\"prompt\":[\"a\"]", ContinuationRefusal.None)]
    [InlineData("\"prompt\":[1,2]", ContinuationRefusal.None)]
    public void Forbidden_Completions(string fields, ContinuationRefusal expected) =>
        Assert.Equal(expected, ContinuationRequest.Forbidden(Parse($"{{\"model\":\"m\",{fields}}}", RequestEndpoint.Completions)));

    [Fact]
    public void Limits_are_the_clients_or_those_of_the_api()
    {
        Assert.Equal(16, ContinuationRequest.MaxTokens(Parse("""{"model":"m","prompt":"a"}""", RequestEndpoint.Completions)));
        Assert.Equal(7, ContinuationRequest.MaxTokens(Parse("""{"model":"m","prompt":"a","max_tokens":7}""", RequestEndpoint.Completions)));
        Assert.Null(ContinuationRequest.MaxTokens(Parse("""{"model":"m","messages":[{}]}""", RequestEndpoint.ChatCompletions)));
        Assert.Equal(9, ContinuationRequest.MaxTokens(Parse("""{"model":"m","messages":[{}],"max_completion_tokens":9}""", RequestEndpoint.ChatCompletions)));
        Assert.Equal(4, ContinuationRequest.MinTokens(Parse("""{"model":"m","messages":[{}],"min_tokens":4,"min_completion_tokens":3}""", RequestEndpoint.ChatCompletions)));
    }

    private static RequestBody Parse(string json, RequestEndpoint endpoint)
    {
        Assert.True(RequestBody.TryParse(Encoding.UTF8.GetBytes(json), endpoint, out var body, out var error), error?.Message);
        return body;
    }
}
