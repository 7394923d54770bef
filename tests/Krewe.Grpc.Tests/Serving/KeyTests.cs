using Grpc.Core;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Grpc.V1;
using Krewe.Testing;

namespace Krewe.Grpc.Tests.Serving;

/// <summary>API keys do over gRPC what they do over HTTP: the metadata's <c>authorization</c> holds them.</summary>
public sealed class KeyTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("Bearer krewe_one_0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Without_a_valid_key_nothing_is_served(string? authorization)
    {
        var (options, _) = OneKey();
        await using var fixture = await GrpcFixture.StartAsync(client: options);
        await fixture.ServingAsync("m1");
        var metadata = new Metadata();
        if (authorization is not null)
        {
            metadata.Add("authorization", authorization);
        }

        var whole = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata));
        using var streaming = fixture.Inference.Stream(Chats.Chat(stream: true), metadata);
        var streamed = await Assert.ThrowsAsync<RpcException>(() => Chats.ReadAsync(streaming));
        var models = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.ListModelsAsync(new ListModelsRequest(), metadata));

        Assert.All([whole, streamed, models], error =>
        {
            Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
            Assert.Equal("invalid_api_key", error.Trailers.GetValue("krewe-error-code"));
        });
    }

    [Theory]
    [InlineData("Complete")]
    [InlineData("Stream")]
    [InlineData("ListModels")]
    public async Task Without_a_key_a_call_is_refused_before_a_byte_of_its_message_is_read(string method)
    {
        var (options, key) = OneKey();
        await using var fixture = await GrpcFixture.StartAsync(client: options);
        await fixture.ServingAsync("m1");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = fixture.Url, Timeout = TimeSpan.FromSeconds(30) };

        // The message is never sent, and the call answered all the same.
        using var silent = new HeldBack();
        using var refused = await SendAsync(http, method, silent, "Bearer krewe_one_" + new string('0', 64));
        Assert.Equal(("16", "invalid_api_key"), (refused.Headers.GetValues("grpc-status").Single(), refused.Headers.GetValues("krewe-error-code").Single()));
        Assert.StartsWith("kr-", refused.Headers.GetValues("krewe-request-id").Single(), StringComparison.Ordinal);
        Assert.Equal(refused.Headers.GetValues("krewe-request-id"), refused.Headers.GetValues("x-request-id"));

        // With the key it is waited for.
        using var late = new HeldBack();
        var served = SendAsync(http, method, late, "Bearer " + key);
        await late.Asked;
        Assert.False(served.IsCompleted);
        Google.Protobuf.IMessage message = method == "ListModels" ? new ListModelsRequest() : Chats.Chat(stream: method == "Stream");
        late.Send(Google.Protobuf.MessageExtensions.ToByteArray(message));
        using var answer = await served;
        await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", answer.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.StartsWith("kr-", answer.Headers.GetValues("krewe-request-id").Single(), StringComparison.Ordinal);
        Assert.Equal(answer.Headers.GetValues("krewe-request-id"), answer.Headers.GetValues("x-request-id"));
    }

    [Fact]
    public async Task A_key_is_served_what_it_may_use()
    {
        var (options, key) = OneKey();
        await using var fixture = await GrpcFixture.StartAsync(client: options);
        await fixture.ServingAsync("m1");
        var metadata = new Metadata { { "authorization", "Bearer " + key } };

        var reply = await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata);
        options.Keys[0].Models = ["other-*"];
        fixture.Access.Replace(options.Keys);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata));

        Assert.NotEmpty(Chats.Text(reply));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Empty((await fixture.Inference.ListModelsAsync(new ListModelsRequest(), metadata)).Models);
    }

    [Fact]
    public async Task A_key_s_limits_hold_here_too()
    {
        var (options, key) = OneKey();
        options.Keys[0].RequestsPerMinute = 1;
        await using var fixture = await GrpcFixture.StartAsync(client: options);
        await fixture.ServingAsync("m1");
        var metadata = new Metadata { { "authorization", "Bearer " + key } };

        using var call = fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata);
        await call;
        Assert.Equal("0", (await call.ResponseHeadersAsync).GetValue("x-ratelimit-remaining-requests"));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata));
        Assert.Equal((StatusCode.ResourceExhausted, "rate_limited", "true"), (refused.StatusCode, Chats.Code(refused), refused.Trailers.GetValue("x-should-retry")));
        Assert.True(long.Parse(refused.Trailers.GetValue("grpc-retry-pushback-ms")!, System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task Bodies_count_as_held_for_as_long_as_their_requests_last()
    {
        await using var fixture = await GrpcFixture.StartAsync(client: new ClientPortOptions { MaxBodyBytes = 64 << 10, MaxHeldBodyBytes = 64 << 10, AllowAnonymousLoopback = true });
        var engine = await fixture.ServingAsync("m1", shape: Chats.Slow);
        using var running = fixture.Inference.Stream(Chats.Chat(stream: true, maxTokens: 5_000, text: new string('x', 40_000)));
        await Eventually.TrueAsync(() => engine.State.Running == 1, what: "the engine works");

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.CompleteAsync(Chats.Chat(stream: false, text: new string('y', 40_000))));
        Assert.Equal((StatusCode.Unavailable, "overloaded"), (refused.StatusCode, Chats.Code(refused)));
        running.Dispose();
        await Eventually.EqualAsync(0, () => fixture.Pipeline.Bodies.Held);
        Assert.NotEmpty(Chats.Text(await fixture.Inference.CompleteAsync(Chats.Chat(stream: false, text: new string('y', 40_000)))));
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, string method, HttpContent content, string authorization)
    {
        content.Headers.ContentType = new("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, "krewe.v1.Inference/" + method)
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            Headers = { { "Authorization", authorization }, { "TE", "trailers" } },
        };
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static (ClientPortOptions Options, string Key) OneKey()
    {
        var (key, sha256) = ClientKey.New("one");
        var options = new ClientPortOptions { MaxBodyBytes = 64 << 10, CacheSecret = "a secret of the tests, thirty-two characters or more" };
        options.Keys.Add(new ClientKeyOptions { Id = "one", Sha256 = sha256 });
        return (options, key);
    }
}
