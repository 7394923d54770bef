using System.Text;
using Krewe.Client;
using Krewe.Grpc.Tests.Serving;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grpc.Tests.Client;

/// <summary>The client SDK over gRPC: what it promises over HTTP holds.</summary>
public sealed class ClientTransportTests
{
    private const int Tokens = 60;
    private static readonly ChatMessage[] Messages = [new(ChatRole.User, "Say hello.")];

    [Fact]
    public async Task A_chat_is_brought_whole_or_chunk_by_chunk()
    {
        await using var silo = await GrpcFixture.StartAsync();
        await silo.ServingAsync("m1");
        await using var services = Services(silo);
        var chat = services.GetRequiredService<IChatClient>();
        var expected = Chats.Text(await silo.Inference.CompleteAsync(Chats.Chat(stream: false, maxTokens: Tokens)));

        var text = new StringBuilder();
        await foreach (var update in chat.GetStreamingResponseAsync(Messages, Options(), TestContext.Current.CancellationToken))
        {
            text.Append(update.Text);
        }

        Assert.Equal(expected, text.ToString());
        var whole = await chat.GetResponseAsync(Messages, Options(), TestContext.Current.CancellationToken);
        Assert.Equal(expected, whole.Text);
        Assert.Equal(Tokens, whole.Usage?.OutputTokenCount);
        await silo.IdleAsync();
    }

    [Fact]
    public async Task A_stream_whose_silo_is_gone_goes_on_at_another_without_a_seam()
    {
        await using var a = await GrpcFixture.StartAsync();
        await using var b = await GrpcFixture.StartAsync();
        var engines = new Dictionary<GrpcFixture, EngineSim.Hosting.SimEngineHost> { [a] = await a.ServingAsync("m1", shape: Chats.Slow), [b] = await b.ServingAsync("m1", shape: Chats.Slow) };
        var expected = Chats.Text(await a.Inference.CompleteAsync(Chats.Chat(stream: false, maxTokens: Tokens)));
        await using var services = Services(a, b);
        var text = new StringBuilder();
        GrpcFixture? cut = null;
        await foreach (var update in services.GetRequiredService<IChatClient>().GetStreamingResponseAsync(Messages, Options(), TestContext.Current.CancellationToken))
        {
            text.Append(update.Text);
            if (cut is null && text.Length > 20)
            {
                cut = engines.Single(entry => entry.Value.State.Running > 0).Key;
                await cut.CutAsync();
            }
        }

        Assert.NotNull(cut);
        Assert.Equal(expected, text.ToString());
    }

    [Fact]
    public async Task A_silo_that_drains_or_is_not_there_is_passed_over_and_errors_keep_their_codes()
    {
        await using var draining = await GrpcFixture.StartAsync();
        await using var gone = await GrpcFixture.StartAsync();
        await using var silo = await GrpcFixture.StartAsync();
        await silo.ServingAsync("m1");
        await draining.Lifetime.DrainAsync(CancellationToken.None);
        await gone.CutAsync();
        await using var services = Services(draining, gone, silo);
        var chat = services.GetRequiredService<IChatClient>();
        for (var i = 0; i < 6; i++)
        {
            Assert.NotEmpty((await chat.GetResponseAsync(Messages, Options(), TestContext.Current.CancellationToken)).Text);
        }

        var error = await Assert.ThrowsAsync<KreweException>(() => chat.GetResponseAsync(Messages, new ChatOptions { ModelId = "nobody" }, TestContext.Current.CancellationToken));
        Assert.Equal(("model_not_found", 404, "model", false), (error.Code, error.Status, error.Param, error.IsRetryable));
    }

    [Fact]
    public async Task A_stream_that_is_left_frees_its_engine()
    {
        await using var silo = await GrpcFixture.StartAsync();
        var engine = await silo.ServingAsync("m1", shape: Chats.Slow);
        await using var services = Services(silo);
        await foreach (var update in services.GetRequiredService<IChatClient>().GetStreamingResponseAsync(Messages, Options(5_000), TestContext.Current.CancellationToken))
        {
            if (update.Text.Length > 0)
            {
                Assert.Equal(1, engine.State.Running);
                break;
            }
        }

        await silo.IdleAsync();
    }

    private static ChatOptions Options(int tokens = Tokens) => new() { MaxOutputTokens = tokens, AdditionalProperties = new AdditionalPropertiesDictionary { ["ignore_eos"] = true } };

    private static ServiceProvider Services(params GrpcFixture[] silos)
    {
        var services = new ServiceCollection();
        services.AddKreweClient(options =>
        {
            options.Model = "sim-model";
            foreach (var silo in silos)
            {
                options.Endpoints.Add(silo.Url);
            }
        }).UseKreweGrpc();
        return services.BuildServiceProvider();
    }
}
