using Grpc.Core;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Grpc.V1;

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

        await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata);
        var limited = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata));

        Assert.Equal((StatusCode.ResourceExhausted, "rate_limited"), (limited.StatusCode, limited.Trailers.GetValue("krewe-error-code")));
    }

    [Fact]
    public async Task Bodies_beyond_what_is_held_at_once_are_told_to_come_again()
    {
        var (options, key) = OneKey();
        options.MaxHeldBodyBytes = options.MaxBodyBytes;
        await using var fixture = await GrpcFixture.StartAsync(client: options);
        await fixture.ServingAsync("m1");
        var metadata = new Metadata { { "authorization", "Bearer " + key } };
        Assert.True(fixture.Pipeline.Bodies.TryTake(options.MaxHeldBodyBytes));

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata));
        fixture.Pipeline.Bodies.Return(options.MaxHeldBodyBytes);
        await fixture.Inference.CompleteAsync(Chats.Chat(stream: false), metadata);

        Assert.Equal("overloaded", refused.Trailers.GetValue("krewe-error-code"));
        Assert.Equal(0, fixture.Pipeline.Bodies.Held);
    }

    private static (ClientPortOptions Options, string Key) OneKey()
    {
        var (key, sha256) = ClientKey.New("one");
        var options = new ClientPortOptions { MaxBodyBytes = 64 << 10, CacheSecret = "a secret of the tests, thirty-two characters or more" };
        options.Keys.Add(new ClientKeyOptions { Id = "one", Sha256 = sha256 });
        return (options, key);
    }
}
