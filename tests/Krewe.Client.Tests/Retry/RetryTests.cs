using Krewe.Client.Tests.Rig;
using Krewe.Testing;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Tests.Retry;

/// <summary>What is tried again, when, and when no more; on a clock that the test moves.</summary>
public sealed class RetryTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedHandler _handler = new();
    private readonly KreweClientOptions _options = new() { Endpoints = { new Uri("http://a"), new Uri("http://b") }, Model = "m" };

    public void Dispose() => _handler.Dispose();

    [Fact]
    public async Task An_endpoint_that_refuses_is_left_for_the_other_at_once_and_for_later_calls_too()
    {
        _handler.Refuses().Streams("kr-1", Whole()).Streams("kr-2", Whole()).Streams("kr-3", Whole());
        var client = Client();
        Assert.Equal("hello", (await client.GetResponseAsync("q")).Text);
        var (bad, good) = (_handler.Calls[0], _handler.Calls[1]);
        Assert.NotEqual(bad, good);
        await client.GetResponseAsync("q");
        await client.GetResponseAsync("q");
        Assert.Equal([bad, good, good, good], _handler.Calls);
    }

    [Theory]
    [InlineData("no_instance")]
    [InlineData("draining")]
    [InlineData("overloaded")]
    public async Task What_may_pass_is_tried_again_and_not_before_the_time_that_was_asked_for(string code)
    {
        // Both endpoints say so: the pause comes when there is no other left to ask.
        _handler.Fails(503, code, retryAfterSeconds: 7).Fails(503, code, retryAfterSeconds: 7).Streams("kr-1", Whole());
        var began = _clock.GetTimestamp();
        var call = AskAsync();
        await MoveUntilAsync(call);
        Assert.Equal("hello", await call);
        Assert.InRange(_clock.GetElapsedTime(began).TotalSeconds, code == "overloaded" ? 14 : 7, 16);
        Assert.Equal(3, _handler.Calls.Count);
    }

    [Theory]
    [InlineData(400, "invalid_request")]
    [InlineData(401, "invalid_api_key")]
    [InlineData(404, "model_not_found")]
    [InlineData(502, "engine_error")]
    [InlineData(504, "deadline_exceeded")]
    public async Task What_does_not_pass_is_told_at_once(int status, string code)
    {
        _handler.Fails(status, code, shouldRetry: false);
        var error = await Assert.ThrowsAsync<KreweException>(AskAsync);
        Assert.Equal((code, status, "kr-1", false), (error.Code, error.Status, error.RequestId, error.IsRetryable));
        Assert.Equal("It is so.", error.Message);
        Assert.Single(_handler.Calls);
    }

    [Fact]
    public async Task The_service_s_word_on_retries_counts_more_than_the_code()
    {
        _handler.Fails(503, "overloaded", shouldRetry: false);
        Assert.False((await Assert.ThrowsAsync<KreweException>(AskAsync)).IsRetryable);
        Assert.Single(_handler.Calls);
    }

    [Fact]
    public async Task Want_of_room_is_asked_about_a_few_times_only()
    {
        _options.Retry.MaxAttempts = 3;
        _handler.Fails(429, "queue_full", 1).Fails(429, "queue_full", 1).Fails(429, "queue_full", 1).Streams("kr-1", Whole());
        var call = AskAsync();
        await MoveUntilAsync(call);
        var error = await Assert.ThrowsAsync<KreweException>(() => call);
        Assert.Equal(("queue_full", true, TimeSpan.FromSeconds(1)), (error.Code, error.IsRetryable, error.RetryAfter));
        Assert.Equal(3, _handler.Calls.Count);
    }

    [Fact]
    public async Task All_calls_together_retry_no_more_than_the_budget_allows()
    {
        (_options.Retry.BudgetFloor, _options.Retry.BudgetPercent) = (2, 0);
        var client = Client();
        for (var i = 0; i < 4; i++)
        {
            _handler.Fails(429, "queue_full", 1).Fails(429, "queue_full", 1);
        }

        for (var i = 0; i < 3; i++)
        {
            var call = client.GetResponseAsync("q");
            await MoveUntilAsync(call);
            await Assert.ThrowsAsync<KreweException>(() => call);
        }

        // Three calls and two retries.
        Assert.Equal(5, _handler.Calls.Count);
    }

    [Fact]
    public async Task Nobody_there_is_tried_for_as_long_as_the_options_say()
    {
        _options.Retry.Recovery = TimeSpan.FromSeconds(20);
        var began = _clock.GetTimestamp();
        var call = AskAsync();
        await MoveUntilAsync(call);
        var error = await Assert.ThrowsAsync<KreweException>(() => call);
        Assert.Equal((KreweErrorCode.Unreachable, 0, true), (error.Code, error.Status, error.IsRetryable));
        Assert.InRange(_clock.GetElapsedTime(began).TotalSeconds, 20, 27);
        Assert.InRange(_handler.Calls.Count, 8, 200);
        Assert.Equal(2, _handler.Calls.Distinct().Count());
    }

    [Fact]
    public async Task A_pause_that_would_outlast_the_call_is_not_made()
    {
        _options.Timeout = TimeSpan.FromSeconds(5);
        _handler.Fails(503, "overloaded", retryAfterSeconds: 60);
        var error = await Assert.ThrowsAsync<KreweException>(AskAsync);
        Assert.Equal("overloaded", error.Code);
    }

    [Fact]
    public async Task A_stream_that_is_not_held_is_posted_again_with_what_was_shown()
    {
        _handler.Streams("kr-1", ScriptedHandler.Text("hel", 1)).Fails(404, "request_gone").Streams("kr-2", ScriptedHandler.Text("lo", 2), End);
        Assert.Equal("hello", await AskAsync());
        Assert.Equal(["POST", "GET", "POST"], _handler.Calls.Select(call => call.Split(' ')[0]));
        Assert.EndsWith(""","krewe":{"resume":{"text":"hel","tokens":1}}}""", _handler.Bodies[1], StringComparison.Ordinal);
        Assert.StartsWith(_handler.Bodies[0][..^1], _handler.Bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Others_than_Krewe_are_not_asked_to_go_on()
    {
        _handler.Streams(null, ScriptedHandler.Text("hel", 1));
        var error = await Assert.ThrowsAsync<KreweException>(AskAsync);
        Assert.Equal(KreweErrorCode.NotResumable, error.Code);
        Assert.Single(_handler.Calls);
    }

    [Fact]
    public async Task An_answer_of_which_only_the_end_is_missing_is_whole()
    {
        _handler.Streams("kr-1", ScriptedHandler.Text("hello", 1), ScriptedHandler.Delta("{}", "\"stop\"")).Fails(404, "request_gone");
        var answer = await Client().GetResponseAsync("q");
        Assert.Equal(("hello", ChatFinishReason.Stop), (answer.Text, answer.FinishReason));
    }

    [Fact]
    public async Task A_tool_s_call_that_broke_within_is_asked_for_again_and_shown_once_and_whole()
    {
        const string Begun = """{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"ci"}}]}""";
        const string Again = """{"tool_calls":[{"index":0,"id":"call_2","type":"function","function":{"name":"weather","arguments":"{\"city\":"}}]}""";
        const string Rest = """{"tool_calls":[{"index":0,"function":{"arguments":"\"New Orleans\"}"}}]}""";
        _handler.Streams("kr-1", ScriptedHandler.Delta(Begun)).Fails(404, "request_gone")
            .Streams("kr-2", ScriptedHandler.Delta(Again), ScriptedHandler.Delta(Rest), ScriptedHandler.Delta("{}", "\"tool_calls\""), "[DONE]");
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => city, "weather", "Tells the weather.")] };
        var answer = await Client().GetResponseAsync("q", options);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(answer.Messages.Single().Contents));
        Assert.Equal(("call_2", "weather", "New Orleans"), (call.CallId, call.Name, call.Arguments!["city"]?.ToString()));
        Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
        Assert.DoesNotContain("\"krewe\"", _handler.Bodies[1], StringComparison.Ordinal);
        Assert.Contains("\"name\":\"weather\"", _handler.Bodies[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reasoning_that_was_shown_cannot_be_continued()
    {
        _handler.Streams("kr-1", ScriptedHandler.Delta("""{"reasoning_content":"hm"}""")).Fails(404, "request_gone");
        var error = await Assert.ThrowsAsync<KreweException>(AskAsync);
        Assert.Equal(KreweErrorCode.NotResumable, error.Code);
    }

    [Theory]
    [InlineData("draining", true)]
    [InlineData("overloaded", true)]
    [InlineData("engine_error", false)]
    [InlineData("attached_elsewhere", false)]
    public async Task An_error_within_a_stream_goes_on_elsewhere_or_is_told(string code, bool goesOn)
    {
        _handler.Streams("kr-1", ScriptedHandler.Text("hel", 1), $$$"""{"error":{"message":"It is so.","type":"server_error","param":null,"code":"{{{code}}}"} }""")
            .Streams("kr-2", ScriptedHandler.Text("lo", 2), End);
        var call = AskAsync();
        await MoveUntilAsync(call);
        if (goesOn)
        {
            Assert.Equal("hello", await call);
        }
        else
        {
            Assert.Equal((code, "kr-1"), await Assert.ThrowsAsync<KreweException>(() => call) is var error ? (error.Code, error.RequestId) : default);
        }
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("[1]")]
    public async Task What_is_not_the_protocol_is_an_error(string data)
    {
        _handler.Streams("kr-1", data);
        Assert.Equal(KreweErrorCode.Malformed, (await Assert.ThrowsAsync<KreweException>(AskAsync)).Code);
    }

    private const string End = "[DONE]";

    private static string[] Whole() => [ScriptedHandler.Text("hello", 1), ScriptedHandler.Delta("{}", "\"stop\""), End];

    private IChatClient Client() => new KreweClient(_options, new HttpClient(_handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan }, _clock).AsIChatClient();

    private async Task<string> AskAsync() => (await Client().GetResponseAsync("q")).Text;

    /// <summary>Time passes for as long as the call waits for it.</summary>
    private async Task MoveUntilAsync(Task call)
    {
        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(100));
                return call.IsCompleted;
            },
            what: "the call ends");
    }
}
