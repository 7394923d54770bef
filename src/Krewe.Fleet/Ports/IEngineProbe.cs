using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Fleet.Ports;

/// <summary>Asks an engine whether it is healthy. Runs outside turns; the answer comes back as an event that names the epoch.</summary>
public interface IEngineProbe
{
    /// <summary>One probe. Never throws for what the engine does; a try that takes longer than <paramref name="timeout"/> is <see cref="ProbeResult.TimedOut"/>.</summary>
    /// <param name="pool">Whose allow-list the address must be on.</param>
    /// <param name="url">The engine's address.</param>
    /// <param name="timeout">For the whole try.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<ProbeResult> ProbeAsync(PoolName pool, Uri url, TimeSpan timeout, CancellationToken cancellationToken);
}
