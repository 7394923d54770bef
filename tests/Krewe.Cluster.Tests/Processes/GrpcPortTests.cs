using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Krewe.Grpc.V1;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>The gRPC ports of silos that are processes, as an operator runs them.</summary>
[Collection(SharedCluster.Name)]
public sealed class GrpcPortTests(SharedCluster shared)
{
    [Fact]
    public async Task A_stream_by_any_silo_is_whole_and_health_follows_its_drain()
    {
        var cluster = await shared.TakeAsync();
        foreach (var silo in cluster.Silos)
        {
            using var channel = GrpcChannel.ForAddress(await silo.GrpcAsync());
            var health = new Health.HealthClient(channel);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
            using var call = new Inference.InferenceClient(channel).Stream(new InferenceRequest
            {
                Api = Api.ChatCompletions,
                Json = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(new
                {
                    model = ClusterProcesses.Model, messages = new[] { new { role = "user", content = "hello" } }, stream = true, max_tokens = 10, ignore_eos = true,
                })),
            });
            var last = default(string);
            await foreach (var chunk in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                using var json = JsonDocument.Parse(chunk.Json.Memory);
                last = json.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString() ?? last;
            }

            Assert.Equal("length", last);
            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        }

        using var leaving = GrpcChannel.ForAddress(await cluster.Silos[0].GrpcAsync());
        using var watched = new Health.HealthClient(leaving).Watch(new HealthCheckRequest());
        Assert.True(await watched.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        cluster.Silos[0].Process.Signal(Signals.Terminate);
        Assert.True(await watched.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watched.ResponseStream.Current.Status);
        Assert.Equal(0, await cluster.Silos[0].Process.ExitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task An_agent_at_one_silo_is_told_what_is_done_at_another_and_its_stream_s_end_is_known_everywhere()
    {
        // Of its own: what it counts is told of one engine, whose name nobody had before.
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, engines: 1);
        await using var engine = ChildProcess.StartDotnet(BuildOutput.Assembly("src/Krewe.EngineSim"), ["--name", "g1", "--role", "mixed", "--model", ClusterProcesses.Model]);
        var url = await engine.UrlAsync("is ready: ", TimeSpan.FromSeconds(60));

        // By each silo in turn: the instance's actor is on one of them.
        long epoch = 0;
        for (var at = 0; at < 3; at++)
        {
            using var channel = GrpcChannel.ForAddress(await cluster.Silos[at].GrpcAsync());
            using var session = new EngineSessions.EngineSessionsClient(channel).Connect();
            await session.RequestStream.WriteAsync(
                new AgentMessage
                {
                    Register = new Register { Pool = ClusterProcesses.Pool, Name = "g1", Incarnation = "life", Role = "mixed", Protocol = "vllm", Url = url.GetLeftPart(UriPartial.Authority), Model = ClusterProcesses.Model },
                },
                TestContext.Current.CancellationToken);
            Assert.True(await session.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            epoch = at == 0 ? session.ResponseStream.Current.Registered.Epoch : epoch;
            Assert.Equal(epoch, session.ResponseStream.Current.Registered.Epoch);
            await session.RequestStream.WriteAsync(new AgentMessage { Heartbeat = new Heartbeat { Sequence = 1 } }, TestContext.Current.CancellationToken);
            await ToldAsync(session, status => status is { State: "Active", Admin: "Open" });

            foreach (var (action, admin) in new[] { ("cordon", "Cordoned"), ("uncordon", "Open") })
            {
                using var done = await cluster.Silos[(at + 1) % 3].Control.PostAsync(
                    new Uri($"/fleet/v1/pools/{ClusterProcesses.Pool}/instances/g1/{action}", UriKind.Relative), JsonContent.Create(new { }), TestContext.Current.CancellationToken);
                Assert.True(done.IsSuccessStatusCode);
                await ToldAsync(session, status => status.Admin == admin);
            }

            await session.RequestStream.CompleteAsync();
            foreach (var silo in cluster.Silos)
            {
                await Eventually.TrueAsync(async () => await DeletesAsync(silo) == at + 1, what: "the end of its stream is known");
            }
        }
    }

    /// <summary>How often the silo knows it to have been deleted: a lease that runs out has another cause.</summary>
    private static async Task<int> DeletesAsync(ClusterSiloProcess silo)
    {
        var answer = await silo.Control.GetFromJsonAsync<JsonElement>($"/admin/v1/events?pool={ClusterProcesses.Pool}");
        return answer.GetProperty("events").EnumerateArray().Count(entry =>
            entry.GetProperty("instance").GetString() == "g1" && entry.GetProperty("cause").GetString()!.StartsWith("Deleted", StringComparison.Ordinal));
    }

    private static async Task ToldAsync(AsyncDuplexStreamingCall<AgentMessage, SiloMessage> session, Func<InstanceStatus, bool> until)
    {
        while (await session.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            if (session.ResponseStream.Current.Status is { } status && until(status))
            {
                return;
            }
        }

        Assert.Fail("The stream ended.");
    }
}
