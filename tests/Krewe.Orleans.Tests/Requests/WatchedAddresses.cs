using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Orleans.Tests.Requests;

/// <summary>What a silo has registered as the cache of custom directories' addresses; it counts who is found there, and can be as if it were not asked.</summary>
internal sealed class WatchedAddresses(IGrainDirectoryCache inner) : IGrainDirectoryCache
{
    private int _found;

    /// <summary>Whether it is passed over from now on.</summary>
    public volatile bool IsIgnored;

    /// <summary>How often an address was found.</summary>
    public int Found => Volatile.Read(ref _found);

    public IEnumerable<(GrainAddress ActivationAddress, int Version)> KeyValues => inner.KeyValues;

    public bool LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
    {
        if (IsIgnored)
        {
            (result, version) = (null, 0);
            return false;
        }

        var found = inner.LookUp(key, out result, out version);
        if (found)
        {
            Interlocked.Increment(ref _found);
        }

        return found;
    }

    public void AddOrUpdate(GrainAddress value, int version) => inner.AddOrUpdate(value, version);

    public bool Remove(GrainId key) => inner.Remove(key);

    public bool Remove(GrainAddress key) => inner.Remove(key);

    public void Clear() => inner.Clear();
}
