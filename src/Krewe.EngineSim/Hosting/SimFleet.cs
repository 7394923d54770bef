using System.Globalization;
using Krewe.EngineSim.Agent;

namespace Krewe.EngineSim.Hosting;

/// <summary>Several simulated engines in one process, each with its agent where they are registered.</summary>
public sealed class SimFleet : IAsyncDisposable
{
    private readonly List<SimEngineHost> _engines = [];
    private readonly List<SimAgent> _agents = [];

    private SimFleet()
    {
    }

    public IReadOnlyList<SimEngineHost> Engines => _engines;

    /// <summary>In the order of the engines; empty where they are not registered.</summary>
    public IReadOnlyList<SimAgent> Agents => _agents;

    /// <summary>The engine of this name.</summary>
    public SimEngineHost this[string name] => _engines.Find(engine => engine.Name == name) ?? throw new KeyNotFoundException($"No engine is called {name}.");

    /// <summary>Starts engines, one after the other; all serve when this returns, and their agents have begun to register.</summary>
    /// <param name="engines">One each.</param>
    /// <param name="agent">How to register them; null: not.</param>
    /// <param name="cancellationToken">Ends the start; what was started is stopped.</param>
    public static async Task<SimFleet> StartAsync(IEnumerable<SimEngineOptions> engines, SimAgentOptions? agent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engines);
        var fleet = new SimFleet();
        try
        {
            foreach (var options in engines)
            {
                var engine = await SimEngineHost.StartAsync(options, cancellationToken).ConfigureAwait(false);
                fleet._engines.Add(engine);
                if (agent is not null)
                {
                    fleet._agents.Add(SimAgent.Start(engine, agent));
                }
            }
        }
        catch
        {
            await fleet.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return fleet;
    }

    /// <summary>Names for so many engines of a kind: the name itself for one, else with a number from 1.</summary>
    public static IEnumerable<SimEngineOptions> Several(SimEngineOptions template, int count)
    {
        ArgumentNullException.ThrowIfNull(template);
        return count == 1 ? [template] : Enumerable.Range(1, count).Select(i => template with { Name = template.Name + i.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>Stops in good order: first they are taken out, then running requests end, until the token is cancelled.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await Task.WhenAll(_agents.Select(agent => agent.StopAsync(cancellationToken))).ConfigureAwait(false);
        await Task.WhenAll(_engines.Select(engine => engine.StopAsync(cancellationToken))).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Select(agent => agent.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(_engines.Select(engine => engine.DisposeAsync().AsTask())).ConfigureAwait(false);
    }
}
