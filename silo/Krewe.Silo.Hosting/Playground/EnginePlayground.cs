using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.EngineSim.Agent;
using Krewe.EngineSim.Hosting;
using Krewe.Fleet.View;
using Krewe.Silo.Hosting.Commands;

namespace Krewe.Silo.Hosting.Playground;

/// <summary>Simulated engines beside the silo, which register as any engine does: a first request works at once, without a GPU.</summary>
internal sealed class EnginePlayground : IAsyncDisposable
{
    private const string PoolName = "sim";
    private const string ModelName = "sim-model";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly List<SimEngineHost> _engines = [];
    private readonly List<SimAgent> _agents = [];

    private EnginePlayground(string summary) => Summary = summary;

    /// <summary>What serves, for the ready line.</summary>
    public string Summary { get; }

    public static async Task<EnginePlayground> StartAsync(PlaygroundKind kind, Uri control, FleetView view, CancellationToken cancellationToken)
    {
        var (summary, engines) = kind switch
        {
            PlaygroundKind.TwoPrefillTwoDecode => (
                $"pool {PoolName}, model {ModelName}, 2 prefill + 2 decode",
                new[] { ("p1", InstanceRole.Prefill), ("p2", InstanceRole.Prefill), ("d1", InstanceRole.Decode), ("d2", InstanceRole.Decode) }),
            PlaygroundKind.FourMixed => (
                $"pool {PoolName}, model {ModelName}, 4 mixed",
                [("m1", InstanceRole.Mixed), ("m2", InstanceRole.Mixed), ("m3", InstanceRole.Mixed), ("m4", InstanceRole.Mixed)]),
            _ => ("no playground", []),
        };
        var playground = new EnginePlayground(summary);
        foreach (var (name, role) in engines)
        {
            var engine = await SimEngineHost.StartAsync(new SimEngineOptions { Name = name, Role = role, Model = ModelName }, cancellationToken);
            playground._engines.Add(engine);
            playground._agents.Add(SimAgent.Start(engine, new SimAgentOptions { ControlUrl = control, Pool = PoolName }));
        }

        await playground.ReadyAsync(view, cancellationToken);
        return playground;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        _agents.Clear();
        _engines.Clear();
    }

    /// <summary>Waits until each of them takes requests.</summary>
    private async Task ReadyAsync(FleetView view, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!_engines.TrueForAll(engine => IsServing(view, engine)))
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static bool IsServing(FleetView view, SimEngineHost engine) =>
        view.Find(new PoolName(PoolName)) is { Definition: not null } pool
        && pool.View.TryGet(new InstanceId(pool.Name, new InstanceName(engine.Name)), out var seen)
        && seen.Schedulable
        && seen.Registration.Incarnation.Value == engine.Incarnation;
}
