using Grpc.Core;
using Krewe.EngineSim.Hosting;
using Krewe.Grpc.V1;

namespace Krewe.Grpc.Tests.Sessions;

/// <summary>An agent at its stream.</summary>
internal sealed class Agent : IDisposable
{
    private readonly AsyncDuplexStreamingCall<AgentMessage, SiloMessage> _call;
    private readonly CancellationTokenSource _cut = new();
    private long _sequence;

    public Agent(GrpcFixture grpc, Metadata? metadata = null) => _call = grpc.Sessions.Connect(metadata, cancellationToken: _cut.Token);

    public static Register Registration(SimEngineHost engine, string? incarnation = null) => new()
    {
        Pool = "sim",
        Name = engine.Name,
        Incarnation = incarnation ?? engine.Incarnation,
        Role = "mixed",
        Protocol = "vllm",
        Url = engine.Url.ToString(),
        Model = "sim-model",
    };

    /// <summary>An agent whose engine is Active.</summary>
    public static async Task<Agent> ActiveAsync(GrpcFixture grpc, SimEngineHost engine)
    {
        var agent = new Agent(grpc);
        await agent.SayAsync(Registration(engine));
        Assert.Equal(SiloMessage.MessageOneofCase.Registered, (await agent.HearAsync()).MessageCase);
        await agent.BeatAsync();
        await agent.HearAsync(status => status is { State: "Active", Sequence: 1 });
        return agent;
    }

    public Task SayAsync(Register message) => SayAsync(new AgentMessage { Register = message });

    public Task SayAsync(AgentMessage message) => _call.RequestStream.WriteAsync(message);

    public Task BeatAsync() => SayAsync(new AgentMessage { Heartbeat = new Heartbeat { Sequence = ++_sequence, Load = new Load { Running = 3, KvUsage = 0.5 } } });

    /// <summary>The next that it is told.</summary>
    public async Task<SiloMessage> HearAsync() => await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken)
        ? _call.ResponseStream.Current
        : throw new InvalidOperationException("The stream is over.");

    /// <summary>The next state that is such.</summary>
    public async Task<InstanceStatus> HearAsync(Func<InstanceStatus, bool> until)
    {
        while (true)
        {
            if ((await HearAsync()).Status is { } status && until(status))
            {
                return status;
            }
        }
    }

    /// <summary>The error that ends the stream.</summary>
    public Task<RpcException> RefusedAsync() => Assert.ThrowsAsync<RpcException>(async () =>
    {
        while (await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    });

    /// <summary>Ends the stream in good order.</summary>
    public async Task EndAsync()
    {
        await _call.RequestStream.CompleteAsync();
        while (await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }

    /// <summary>Is gone, as after a crash.</summary>
    public void Cut() => _cut.Cancel();

    public void Dispose()
    {
        _call.Dispose();
        _cut.Dispose();
    }
}
