using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Ports;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;

namespace Krewe.Simulation.Silos;

/// <summary>How one silo probes engines: an answer in time is a sign of life that this silo has seen.</summary>
internal sealed class ProbeOfSilo(EngineFleet engines, Evidence evidence) : IEngineProbe
{
    public async Task<ProbeResult> ProbeAsync(PoolName pool, Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = await engines.ProbeAsync(url, timeout);
        if (result == ProbeResult.Ok)
        {
            evidence.Seen(EngineFleet.NameAt(url));
        }

        return result;
    }
}
