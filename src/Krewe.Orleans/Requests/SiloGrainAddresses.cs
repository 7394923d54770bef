using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Orleans.Requests;

/// <summary>
/// What Orleans takes for its cache of the addresses in custom directories, of which there is one: <see cref="SiloGrainDirectory"/>,
/// whose grains are on this silo or nowhere. So each is known beforehand, and its first message is not handed through the queues
/// of placement; the silo opens the grain where it has none. Nothing is kept.
/// </summary>
internal sealed class SiloGrainAddresses(ILocalSiloDetails silo) : IGrainDirectoryCache
{
    private static readonly GrainType Requests = GrainType.Create(RequestGrain.Kind);

    public IEnumerable<(GrainAddress ActivationAddress, int Version)> KeyValues => [];

    public bool LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
    {
        version = 0;
        result = key.Type == Requests ? new GrainAddress { GrainId = key, SiloAddress = silo.SiloAddress } : null;
        return result is not null;
    }

    public void AddOrUpdate(GrainAddress value, int version)
    {
    }

    public bool Remove(GrainId key) => false;

    public bool Remove(GrainAddress key) => false;

    public void Clear()
    {
    }
}
