using System.Collections.Concurrent;
using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Engines.Http;

namespace Krewe.Gateway.Serving;

/// <summary>One HTTP client per pool, since connections are shared while the allow-list is the pool's.</summary>
public sealed class EngineClients(Func<PoolName, PoolDefinition?> pools, EngineClientOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<PoolName, EngineClient> _clients = new();

    public EngineClient For(PoolName pool) =>
        _clients.TryGetValue(pool, out var known) ? known : _clients.GetOrAdd(pool, Make);

    public void Dispose()
    {
        foreach (var (_, client) in _clients)
        {
            client.Dispose();
        }
    }

    private EngineClient Make(PoolName pool) => new(options, new PoolAddresses(pools, pool));

    /// <summary>The pool's allow-list as it is at the moment of dialling. A pool that is not known allows nothing.</summary>
    private sealed class PoolAddresses(Func<PoolName, PoolDefinition?> pools, PoolName pool) : IAddressPolicy
    {
        public bool IsAllowed(IPAddress address, int port) => pools(pool)?.Allows(address) ?? false;
    }
}
