using System.Text.Json;
using Grpc.Core;
using Krewe.Core.Instances;
using Krewe.Core.Requests;
using Krewe.Grpc.V1;

namespace Krewe.Grpc.Tests.Serving;

/// <summary>What an engine says reaches the client over gRPC, as it does over HTTP.</summary>
public sealed class InferenceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pair_serves_a_chat_with_both_legs_under_one_request_id(bool stream)
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var prefill = await grpc.ServingAsync("p1", InstanceRole.Prefill);
        var decode = await grpc.ServingAsync("d1", InstanceRole.Decode);
        Metadata metadata;
        if (stream)
        {
            using var call = grpc.Inference.Stream(Chats.Chat(stream: true));
            metadata = await call.ResponseHeadersAsync;
            Assert.Equal("length", (await Chats.ReadAsync(call)).Finish);
        }
        else
        {
            using var call = grpc.Inference.CompleteAsync(Chats.Chat(stream: false));
            metadata = await call.ResponseHeadersAsync;
            Assert.NotEmpty(Chats.Text(await call));
        }

        var id = metadata.GetValue("krewe-request-id")!;
        Assert.Equal(id, metadata.GetValue("x-request-id"));
        Assert.Equal((1, 1), (prefill.DispatchesOf(id), decode.DispatchesOf(id)));
        var request = await grpc.RequestAsync(metadata);
        Assert.Equal((RequestOutcome.Completed, 8), (request.Outcome, request.TokensSent));
        Assert.Equal(("p1", "d1"), (request.Attempts.Single().Prefill.Name, request.Attempts.Single().Decode.Name));
        await grpc.IdleAsync();
    }

    [Fact]
    public async Task A_stream_holds_the_very_text_that_a_whole_answer_holds_whatever_the_engine_s_framing()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        await grpc.ServingAsync("m1");
        var text = Chats.Text(await grpc.Inference.CompleteAsync(Chats.Chat(stream: false, maxTokens: 40)));
        foreach (var shape in new object[] { new { }, new { split_writes = true }, new { tokens_per_chunk = 4 }, new { comments = true }, new { crlf = true } })
        {
            using var call = grpc.Inference.Stream(Chats.Chat(stream: true, maxTokens: 40, sim: shape));
            var answer = await Chats.ReadAsync(call);
            Assert.Equal((text, "length"), (answer.Text, answer.Finish));
            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        }
    }

    [Fact]
    public async Task Each_event_comes_as_soon_as_the_engine_has_it()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.ServingAsync("m1", shape: Chats.Slow);
        using var call = grpc.Inference.Stream(Chats.Chat(stream: true, maxTokens: 500));
        for (var i = 0; i < 10; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        Assert.Equal(1, engine.State.Running);
    }

    [Fact]
    public async Task Completions_and_embeddings_are_served_and_the_models_listed()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        await grpc.ServingAsync("m1");
        var completion = await grpc.Inference.CompleteAsync(Chats.Json("""{"model":"sim-model","prompt":"a","max_tokens":3}""", Api.Completions));
        Assert.Equal("text_completion", JsonDocument.Parse(completion.Json.Memory).RootElement.GetProperty("object").GetString());
        var embeddings = await grpc.Inference.CompleteAsync(Chats.Json("""{"model":"sim-model","input":"parade"}""", Api.Embeddings));
        Assert.True(JsonDocument.Parse(embeddings.Json.Memory).RootElement.GetProperty("data")[0].GetProperty("embedding").GetArrayLength() > 0);
        Assert.Equal(["sim-model"], (await grpc.Inference.ListModelsAsync(new ListModelsRequest())).Models);
    }

    [Fact]
    public async Task Metadata_says_what_headers_say_and_engines_get_none_of_it()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.ServingAsync("m1");
        var metadata = new Metadata { { "x-request-id", "mine-1" }, { "authorization", "Bearer secret" }, { "krewe-priority", "high" } };
        using var call = grpc.Inference.CompleteAsync(Chats.Chat(stream: false), metadata);
        Assert.Equal("mine-1", (await call.ResponseHeadersAsync).GetValue("x-request-id"));
        await call;
        Assert.DoesNotContain(Assert.Single(engine.Received).Headers.Keys, key => key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await grpc.Inference.CompleteAsync(Chats.Chat(stream: false), new Metadata { { "krewe-priority", "highest" } }));
        Assert.Equal((StatusCode.InvalidArgument, "Krewe-Priority"), (error.StatusCode, error.Trailers.GetValue("krewe-error-param")));
    }
}
