using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Engines.Http;
using Krewe.Fleet.Ports;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Polling;

/// <summary>Probes engines through the client of their pool, so that its allow-list holds for probes too.</summary>
public sealed class EngineProbe(EngineClients clients, TimeProvider time) : IEngineProbe
{
    public async Task<ProbeResult> ProbeAsync(PoolName pool, Uri url, TimeSpan timeout, CancellationToken cancellationToken) =>
        await new HealthProbe(clients.For(pool), time).ProbeAsync(url, timeout, bearerToken: null, cancellationToken);
}
