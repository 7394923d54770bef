using System.ClientModel;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;
using OpenAI;
using OpenAI.Chat;

namespace Krewe.EndToEnd.Tests;

/// <summary>OpenAI's own .NET SDK against a silo.</summary>
public sealed class OpenAIClientTests : IAsyncLifetime
{
    private readonly DataFolder _data = new();
    private SiloProcess _silo = null!;

    public async ValueTask InitializeAsync() => _silo = await SiloProcess.ReadyAsync("local", _data.Path, "2p2d");

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task A_chat_completes_with_usage()
    {
        ChatCompletion answer = await Client().CompleteChatAsync([new UserChatMessage("Say hello.")], new ChatCompletionOptions { MaxOutputTokenCount = 8 });
        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal(8, answer.Usage.OutputTokenCount);
        Assert.True(answer.Usage.InputTokenCount > 0);
    }

    [Fact]
    public async Task A_chat_streams_the_same_text_with_usage_at_the_end()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 24 };
        ChatCompletion whole = await Client().CompleteChatAsync([new UserChatMessage("Tell me a story.")], options);
        var text = "";
        ChatTokenUsage? usage = null;
        ChatFinishReason? finish = null;
        await foreach (var update in Client().CompleteChatStreamingAsync([new UserChatMessage("Tell me a story.")], options))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            usage ??= update.Usage;
            finish ??= update.FinishReason;
        }

        Assert.Equal(whole.Content[0].Text, text);
        Assert.Equal(24, usage?.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Length, finish);
    }

    [Fact]
    public async Task An_unknown_model_is_told_readably()
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Client("no-such-model").CompleteChatAsync([new UserChatMessage("Hello?")]));
        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
        Assert.Contains("no-such-model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_stream_frees_what_it_held()
    {
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Client().CompleteChatStreamingAsync(
                [new UserChatMessage("Go on for ever.")], new ChatCompletionOptions { MaxOutputTokenCount = 4_000 }, cancel.Token))
            {
                if (update.ContentUpdate.Count > 0)
                {
                    await cancel.CancelAsync();
                }
            }
        });
        await Eventually.TrueAsync(
            async () => (await _silo.PoolAsync("sim")).GetProperty("instances").EnumerateArray()
                .All(one => one.GetProperty("reserved").GetProperty("requests").GetInt32() == 0 && one.GetProperty("load").GetProperty("running").GetInt32() == 0),
            what: "nothing reserved, nothing running");
    }

    [Fact]
    public async Task The_models_are_listed()
    {
        var models = await new OpenAIClient(new ApiKeyCredential("unused"), Options()).GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal("sim-model", Assert.Single(models.Value).Id);
    }

    private ChatClient Client(string model = "sim-model") => new(model, new ApiKeyCredential("unused"), Options());

    private OpenAIClientOptions Options() => new() { Endpoint = new Uri(_silo.Client.BaseAddress!, "/v1") };
}
