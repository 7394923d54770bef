using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;

namespace Krewe.EngineSim.Tests.Http;

/// <summary>Engines of one test, gone with it.</summary>
internal sealed class EngineFixture : IAsyncDisposable
{
    private readonly List<SimEngineHost> _engines = [];
    private readonly List<EngineClient> _clients = [];

    public static SimEngineOptions Quick { get; } = new()
    {
        Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(1), StepPerRunning = TimeSpan.Zero, PrefillPerToken = TimeSpan.Zero },
    };

    public static SimEngineOptions Instant { get; } = new() { Timing = SimTiming.Instant };

    public async Task<(SimEngineHost Engine, EngineClient Client)> StartAsync(SimEngineOptions? options = null)
    {
        var engine = await SimEngineHost.StartAsync(options ?? Quick);
        _engines.Add(engine);
        var client = new EngineClient(engine);
        _clients.Add(client);
        return (engine, client);
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(static client => client.Dispose());
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }
    }
}
