using Krewe.Core.Instances;

namespace Krewe.Fleet.Ports;

/// <summary>Asks an engine whether it is healthy. Runs outside turns; the answer comes back as an event that names the epoch.</summary>
public interface IEngineProbe
{
    /// <summary>One probe. Never throws for what the engine does; a try that takes longer than <paramref name="timeout"/> is <see cref="ProbeResult.TimedOut"/>.</summary>
    Task<ProbeResult> ProbeAsync(Uri url, TimeSpan timeout, CancellationToken cancellationToken);
}
