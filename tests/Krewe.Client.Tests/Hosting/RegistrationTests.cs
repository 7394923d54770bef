using Krewe.Client.Tests.Rig;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Krewe.Client.Tests.Hosting;

/// <summary>How an application gets its clients.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task Clients_are_configured_by_sections_and_side_by_side()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Krewe:Endpoints:0"] = "http://one:8080",
            ["Krewe:ApiKey"] = "k1",
            ["Krewe:Model"] = "m1",
            ["Krewe:Timeout"] = "00:01:00",
            ["Krewe:Retry:MaxAttempts"] = "2",
            ["Other:Endpoints:0"] = "http://two:8080/v1",
            ["Other:Model"] = "m2",
        }).Build();
        using var first = new ScriptedHandler();
        using var second = new ScriptedHandler();
        first.Streams("kr-1", ScriptedHandler.Text("one", 1), "[DONE]");
        second.Streams("kr-2", ScriptedHandler.Text("two", 1), "[DONE]");
        var services = new ServiceCollection();
        services.AddKreweClient(configuration.GetSection("Krewe")).ConfigurePrimaryHttpMessageHandler(() => first);
        services.AddKeyedKreweClient("other", configuration.GetSection("Other")).ConfigurePrimaryHttpMessageHandler(() => second);
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        Assert.Equal("one", (await provider.GetRequiredService<IChatClient>().GetResponseAsync("q")).Text);
        Assert.Equal("two", (await provider.GetRequiredKeyedService<IChatClient>("other").GetResponseAsync("q")).Text);
        Assert.Equal("POST one completions", Assert.Single(first.Calls));
        Assert.Equal("POST two completions", Assert.Single(second.Calls));
        Assert.Contains("\"model\":\"m2\"", second.Bodies[0], StringComparison.Ordinal);
        Assert.Same(provider.GetRequiredService<KreweClient>(), provider.GetRequiredService<IChatClient>().GetService<KreweClient>());
        Assert.NotSame(provider.GetRequiredService<KreweClient>(), provider.GetRequiredKeyedService<KreweClient>("other"));
        Assert.Equal(("krewe", "m1"), provider.GetRequiredService<IChatClient>().GetService<ChatClientMetadata>() is { } metadata ? (metadata.ProviderName, metadata.DefaultModelId) : default);
        var options = provider.GetRequiredService<IOptions<KreweClientOptions>>().Value;
        Assert.Equal((TimeSpan.FromMinutes(1), 2), (options.Timeout, options.Retry.MaxAttempts));
    }

    [Theory]
    [InlineData("Endpoints", "at least one")]
    [InlineData("Endpoints:0", "without a path")]
    [InlineData("Timeout", "must be")]
    [InlineData("Retry:MaxAttempts", "must be 1 to 100")]
    [InlineData("Retry:MaxDelay", "must be")]
    public void What_cannot_be_is_named(string key, string rule)
    {
        var services = new ServiceCollection();
        services.AddKreweClient(options =>
        {
            if (key != "Endpoints")
            {
                options.Endpoints.Add(new Uri(key == "Endpoints:0" ? "http://one/some/path" : "http://one"));
            }

            options.Timeout = key == "Timeout" ? TimeSpan.Zero : options.Timeout;
            options.Retry.MaxAttempts = key == "Retry:MaxAttempts" ? 0 : options.Retry.MaxAttempts;
            options.Retry.MaxDelay = key == "Retry:MaxDelay" ? TimeSpan.Zero : options.Retry.MaxDelay;
        });
        using var provider = services.BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<KreweClientOptions>>().Value);
        Assert.Contains(error.Failures, failure => failure.StartsWith(key + ":", StringComparison.Ordinal) && failure.Contains(rule, StringComparison.Ordinal));
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<KreweClient>());
    }

    [Fact]
    public async Task A_call_without_a_model_is_the_caller_s_mistake()
    {
        using var handler = new ScriptedHandler();
        var client = new KreweClient(new KreweClientOptions { Endpoints = { new Uri("http://one") } }, new HttpClient(handler, disposeHandler: false));
        await Assert.ThrowsAsync<ArgumentException>(() => client.StartAsync([new ChatMessage(ChatRole.User, "q")]));
        Assert.Throws<FormatException>(() => client.Attach("nonsense"));
        Assert.Throws<FormatException>(() => client.Attach("""{"version":99,"text":"","call":{}}"""));
        Assert.Empty(handler.Calls);
    }

    [Fact]
    public async Task Everything_that_chats_can_say_reaches_the_wire()
    {
        using var handler = new ScriptedHandler();
        handler.Streams("kr-1", ScriptedHandler.Text("x", 1), "[DONE]");
        var client = new KreweClient(new KreweClientOptions { Endpoints = { new Uri("http://one") }, Model = "m" }, new HttpClient(handler, disposeHandler: false)).AsIChatClient();
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Be brief."),
            new(ChatRole.User, [new TextContent("What is this?"), new UriContent("http://x/y.png", "image/png")]),
            new(ChatRole.Assistant, [new FunctionCallContent("c1", "look", new Dictionary<string, object?> { ["at"] = "it" })]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", "a float")]),
        ];
        await client.GetResponseAsync(messages, new ChatOptions
        {
            Instructions = "Speak English.",
            MaxOutputTokens = 5,
            Temperature = 0.5f,
            TopP = 0.25f,
            StopSequences = ["."],
            Seed = 7,
            ResponseFormat = ChatResponseFormat.Json,
            AdditionalProperties = new() { ["ignore_eos"] = true, ["model"] = "never" },
        });
        Assert.Equal(
            """
            {"model":"m","messages":[{"role":"system","content":"Speak English."},{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"http://x/y.png"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\":\"it\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"a float"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"temperature":0.5,"top_p":0.25,"seed":7,"stop":["."],"response_format":{"type":"json_object"},"ignore_eos":true}
            """,
            handler.Bodies[0]);
    }
}
