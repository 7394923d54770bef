using Krewe.Core.Identity;

namespace Krewe.Core.Membership;

/// <summary>
/// Who of several silos does what only one should do: highest random weight (Thaler and Ravishankar, 1998). All silos that
/// know the same members give the same answer, each gets its share, and when one comes or goes only its share moves.
/// </summary>
public static class Rendezvous
{
    /// <summary>The owner of a key; null where there is nobody.</summary>
    /// <param name="silos">The members, in any order.</param>
    /// <param name="key">What is to be owned.</param>
    public static SiloId? Owner(IReadOnlyList<SiloId> silos, string key)
    {
        ArgumentNullException.ThrowIfNull(silos);
        ArgumentNullException.ThrowIfNull(key);
        SiloId? owner = null;
        var heaviest = 0UL;
        for (var i = 0; i < silos.Count; i++)
        {
            var weight = Weight(silos[i].Value, key);
            if (owner is not { } best || weight > heaviest || (weight == heaviest && string.CompareOrdinal(silos[i].Value, best.Value) < 0))
            {
                (owner, heaviest) = (silos[i], weight);
            }
        }

        return owner;
    }

    // FNV-1a over both, then the finalizer of MurmurHash3: stable over processes and releases, unlike string's own hash.
    private static ulong Weight(string silo, string key)
    {
        var hash = Add(Add(Add(14_695_981_039_346_656_037UL, silo), "\n"), key);
        hash ^= hash >> 33;
        hash *= 0xff51_afd7_ed55_8ccdUL;
        hash ^= hash >> 33;
        hash *= 0xc4ce_b9fe_1a85_ec53UL;
        return hash ^ (hash >> 33);
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (var unit in text)
        {
            hash = (hash ^ unit) * 1_099_511_628_211UL;
        }

        return hash;
    }
}
