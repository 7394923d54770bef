using System.Collections.Concurrent;
using Orleans.GrainDirectory;

namespace Krewe.Orleans.Requests;

/// <summary>
/// A grain directory that knows this silo's grains and no other's, and asks nobody. For requests: a request is served by
/// the silo that holds its socket, so whoever looks for it elsewhere finds nothing, which is the answer; and the death of
/// another silo cannot keep a new request from being opened, as it could if its entry had to be written there.
/// </summary>
internal sealed class SiloGrainDirectory : IGrainDirectory
{
    /// <summary>As the grain classes name it.</summary>
    public const string Name = "krewe-silo";

    private readonly ConcurrentDictionary<GrainId, GrainAddress> _addresses = new();

    /// <summary>Grains that are registered.</summary>
    public int Count => _addresses.Count;

    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    /// <summary>The first registration stands, unless the caller knows it and replaces it.</summary>
    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Task.FromResult<GrainAddress?>(_addresses.AddOrUpdate(
            address.GrainId,
            static (_, addresses) => addresses.Now,
            static (_, known, addresses) => addresses.Before is not null && known.Matches(addresses.Before) ? addresses.Now : known,
            (Now: address, Before: previousAddress)));
    }

    public Task Unregister(GrainAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (_addresses.TryGetValue(address.GrainId, out var known) && known.Matches(address))
        {
            _addresses.TryRemove(new KeyValuePair<GrainId, GrainAddress>(address.GrainId, known));
        }

        return Task.CompletedTask;
    }

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult(_addresses.GetValueOrDefault(grainId));

    // Other silos' grains are not here.
    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
