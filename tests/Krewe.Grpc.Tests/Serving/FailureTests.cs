using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.Gateway.Client;
using Krewe.Grpc.V1;
using Krewe.Testing;

namespace Krewe.Grpc.Tests.Serving;

/// <summary>What a gRPC client sees when an engine, the time, the silo or the client itself gives out.</summary>
public sealed class FailureTests
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_in_the_middle_of_a_stream_is_not_seen(bool pair)
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var role = pair ? InstanceRole.Decode : InstanceRole.Mixed;
        SimEngineHost[] engines = [await grpc.ServingAsync("a", role, Chats.Slow), await grpc.ServingAsync("b", role, Chats.Slow)];
        if (pair)
        {
            await grpc.ServingAsync("p1", InstanceRole.Prefill);
        }

        var expected = Chats.Text(await grpc.Inference.CompleteAsync(Chats.Chat(stream: false, maxTokens: 60)));
        using var call = grpc.Inference.Stream(Chats.Chat(stream: true, maxTokens: 60));
        var text = new StringBuilder();
        var finish = default(string);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            text.Append(Chats.Delta(call.ResponseStream.Current, ref finish));
        }

        await engines.Single(engine => engine.State.Running > 0).CrashAsync();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            text.Append(Chats.Delta(chunk, ref finish));
        }

        Assert.Equal((expected, "length"), (text.ToString(), finish));
        var request = await grpc.RequestAsync(await call.ResponseHeadersAsync);
        Assert.Equal(RequestOutcome.Completed, request.Outcome);
        Assert.True(request.Attempts.Count > 1, "it went on elsewhere");
        await grpc.IdleAsync();
    }

    [Fact]
    public async Task A_stream_that_cannot_go_on_ends_with_an_error_and_never_with_OK()
    {
        await using var grpc = await GrpcFixture.StartAsync(GrpcFixture.QuickPool() with { Continuation = ContinuationMode.Off });
        (await grpc.ServingAsync("m1")).Faults.Cut(5, SimCut.Reset);
        using var call = grpc.Inference.Stream(Chats.Chat(stream: true, maxTokens: 20));
        var error = await Assert.ThrowsAsync<RpcException>(() => Chats.ReadAsync(call));
        Assert.Equal((StatusCode.Internal, "engine_error"), (error.StatusCode, Chats.Code(error)));
        Assert.Equal((await call.ResponseHeadersAsync).GetValue("krewe-request-id"), error.Trailers.GetValue("krewe-request-id"));
        await grpc.IdleAsync();
    }

    [Theory]
    [InlineData(InstanceRole.Prefill, true)]
    [InlineData(InstanceRole.Prefill, false)]
    [InlineData(InstanceRole.Decode, true)]
    [InlineData(InstanceRole.Decode, false)]
    public async Task A_call_that_is_cancelled_frees_the_leg_that_works(InstanceRole busy, bool stream)
    {
        await using var grpc = await GrpcFixture.StartAsync(GrpcFixture.QuickPool() with { Idle = TimeSpan.FromMinutes(1) });
        var prefill = await grpc.ServingAsync("p1", InstanceRole.Prefill, busy == InstanceRole.Prefill ? Chats.VerySlow : null);
        var decode = await grpc.ServingAsync("d1", InstanceRole.Decode, busy == InstanceRole.Decode ? Chats.Slow : null);
        using var leave = new CancellationTokenSource();
        var asked = Chats.Chat(stream, maxTokens: 5_000);
        using var streaming = stream ? grpc.Inference.Stream(asked, cancellationToken: leave.Token) : null;
        using var whole = stream ? null : grpc.Inference.CompleteAsync(asked, cancellationToken: leave.Token);
        var answer = streaming is not null ? Chats.ReadAsync(streaming) : (Task)whole!.ResponseAsync;
        var engine = busy == InstanceRole.Prefill ? prefill : decode;
        await Eventually.TrueAsync(() => engine.State.Running == 1, what: "the engine works");
        await leave.CancelAsync();
        var left = TimeProvider.System.GetTimestamp();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => answer)).StatusCode);
        await grpc.IdleAsync();

        // The promise is 500 ms; a loaded machine gets four times that before the test says no.
        Assert.True(TimeProvider.System.GetElapsedTime(left) < 4 * CancelLimit, "the engine was freed too late");
        Assert.Equal(RequestOutcome.ClientGone, (await EndedAsync(grpc, engine)).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_is_cancelled_by_its_id_is_told_so(bool stream)
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.ServingAsync("m1", shape: Chats.Slow);
        var asked = Chats.Chat(stream, maxTokens: 5_000);
        using var streaming = stream ? grpc.Inference.Stream(asked) : null;
        using var whole = stream ? null : grpc.Inference.CompleteAsync(asked);
        var answer = streaming is not null ? Chats.ReadAsync(streaming) : (Task)whole!.ResponseAsync;
        await Eventually.TrueAsync(() => engine.State.Running == 1, what: "the engine works");
        Assert.True(RequestId.TryParse(IdAt(engine), out var id));
        Assert.True(grpc.Pipeline.Calls.TryCancel(id, TenantId.Anonymous));
        var error = await Assert.ThrowsAsync<RpcException>(() => answer);
        Assert.Equal((StatusCode.Cancelled, "cancelled"), (error.StatusCode, Chats.Code(error)));
        await grpc.IdleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_call_s_deadline_is_the_request_s(bool stream)
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.ServingAsync("m1", shape: Chats.VerySlow);
        var deadline = DateTime.UtcNow.AddMilliseconds(400);
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            if (stream)
            {
                using var call = grpc.Inference.Stream(Chats.Chat(stream: true), deadline: deadline);
                await Chats.ReadAsync(call);
            }
            else
            {
                await grpc.Inference.CompleteAsync(Chats.Chat(stream: false), deadline: deadline);
            }
        });
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal(RequestOutcome.DeadlineExceeded, (await EndedAsync(grpc, engine)).Outcome);
        await grpc.IdleAsync();
    }

    [Fact]
    public async Task A_deadline_in_the_metadata_is_told_with_its_code()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        await grpc.ServingAsync("m1", shape: Chats.VerySlow);
        var error = await FailAsync(grpc, Chats.Chat(stream: false), new Metadata { { "krewe-deadline-ms", "200" } });
        Assert.Equal((StatusCode.DeadlineExceeded, "deadline_exceeded", "-1"), (error.StatusCode, Chats.Code(error), error.Trailers.GetValue("grpc-retry-pushback-ms")));
        await grpc.IdleAsync();
    }

    [Fact]
    public async Task What_is_wrong_is_told_by_status_code_and_field()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        await grpc.ServingAsync("m1");
        (InferenceRequest Asked, StatusCode Status, string Code, string? Param)[] rows =
        [
            (Chats.Json("""{"model":"nobody","messages":[{"role":"user","content":"x"}]}"""), StatusCode.NotFound, "model_not_found", "model"),
            (Chats.Json("{"), StatusCode.InvalidArgument, "invalid_request", null),
            (Chats.Json(""), StatusCode.InvalidArgument, "invalid_request", null),
            (Chats.Json("""{"messages":[{"role":"user","content":"x"}]}"""), StatusCode.InvalidArgument, "invalid_request", "model"),
            (Chats.Json("""{"model":"sim-model"}""", Api.Unspecified), StatusCode.InvalidArgument, "invalid_request", "api"),
            (Chats.Json("""{"model":"sim-model"}""", (Api)77), StatusCode.InvalidArgument, "invalid_request", "api"),
            (Chats.Chat(stream: true), StatusCode.InvalidArgument, "invalid_request", "stream"),
            (Chats.Json($$"""{"model":"sim-model","prompt":"{{new string('x', 64 << 10)}}"}""", Api.Completions), StatusCode.ResourceExhausted, "request_too_large", null),
        ];
        foreach (var (asked, status, code, param) in rows)
        {
            var error = await FailAsync(grpc, asked);
            Assert.Equal((status, code, param), (error.StatusCode, Chats.Code(error), error.Trailers.GetValue("krewe-error-param")));
            Assert.NotEmpty(error.Status.Detail);
            Assert.NotNull(error.Trailers.GetValue("krewe-request-id"));
        }

        using var notStreamed = grpc.Inference.Stream(Chats.Chat(stream: false));
        Assert.Equal("stream", (await Assert.ThrowsAsync<RpcException>(() => Chats.ReadAsync(notStreamed))).Trailers.GetValue("krewe-error-param"));
        Assert.Equal(0, grpc.Fleet.Reservations.Count);
    }

    [Fact]
    public async Task What_the_engine_refuses_is_told_in_its_own_words()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        (await grpc.ServingAsync("m1")).Faults.Reject(422);
        var error = await FailAsync(grpc, Chats.Chat(stream: false));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("false", error.Trailers.GetValue("x-should-retry"));
        await grpc.IdleAsync();
    }

    [Fact]
    public async Task Without_an_instance_and_while_draining_the_client_is_told_to_come_again()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var none = await FailAsync(grpc, Chats.Chat(stream: false));
        Assert.Equal((StatusCode.Unavailable, "no_instance", "true", "1000"), Shown(none));
        await grpc.Lifetime.DrainAsync(CancellationToken.None);
        Assert.Equal((StatusCode.Unavailable, "draining", "true", "1000"), Shown(await FailAsync(grpc, Chats.Chat(stream: false))));
    }

    [Fact]
    public async Task Messages_beyond_the_limit_and_bytes_that_are_no_message_reach_nobody()
    {
        await using var grpc = await GrpcFixture.StartAsync(client: new ClientPortOptions { MaxBodyBytes = 4 << 10 });
        var engine = await grpc.ServingAsync("m1");
        var large = await FailAsync(grpc, Chats.Json(new string('x', 1 << 20)));
        Assert.Equal(StatusCode.ResourceExhausted, large.StatusCode);

        using var http = new HttpClient { BaseAddress = grpc.Url };
        byte[][] garbage =
        [
            [0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff], // no protobuf
            [0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3], // a length of 2 GiB
            [0, 0, 0, 0, 9, 1], // shorter than it says
            [1, 0, 0, 0, 1, 1], // compressed, and does not say how
            [],
        ];
        foreach (var bytes in garbage)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/krewe.v1.Inference/Complete")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(bytes),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            var status = response.TrailingHeaders.TryGetValues("grpc-status", out var trailing) ? trailing.Single() : response.Headers.GetValues("grpc-status").Single();
            Assert.NotEqual("0", status);
        }

        Assert.Empty(engine.Received);
        Assert.NotEmpty(Chats.Text(await grpc.Inference.CompleteAsync(Chats.Chat(stream: false))));
    }

    private static (StatusCode Status, string? Code, string? ShouldRetry, string? Pushback) Shown(RpcException error) =>
        (error.StatusCode, Chats.Code(error), error.Trailers.GetValue("x-should-retry"), error.Trailers.GetValue("grpc-retry-pushback-ms"));

    private static async Task<RpcException> FailAsync(GrpcFixture grpc, InferenceRequest asked, Metadata? metadata = null) =>
        await Assert.ThrowsAsync<RpcException>(async () => await grpc.Inference.CompleteAsync(asked, metadata));

    // A client that is gone has no metadata; engines see our id as well.
    private static Task<RequestDescription> EndedAsync(GrpcFixture grpc, SimEngineHost engine) =>
        grpc.RequestAsync(new Metadata { { "krewe-request-id", IdAt(engine) } });

    private static string IdAt(SimEngineHost engine) =>
        Assert.Single(engine.Received).Headers.Single(header => header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).Value;
}
