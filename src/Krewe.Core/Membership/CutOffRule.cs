using Krewe.Core.Time;

namespace Krewe.Core.Membership;

/// <summary>
/// Whether a silo should take it that the network has parted it from most of the others. Those will declare it dead, and the
/// requests that it takes meanwhile end with it; so it should get none. Two silos cannot tell which of them is cut off.
/// Where nothing comes of it, because the membership cannot decide or the others are all gone, it serves again: a silo that
/// sees little is better than none.
/// </summary>
public static class CutOffRule
{
    /// <param name="others">Of each other silo: when it was last heard, and whether its end of the line is known to be closed (its process ended: it is not cut off from this one, and declares nobody dead).</param>
    /// <param name="now">Now.</param>
    /// <param name="after">The silence from which on a silo is not heard any more; 0 = never.</param>
    /// <param name="hold">For how long from then on that counts.</param>
    public static bool IsCutOff(IEnumerable<PeerSilence> others, Monotonic now, TimeSpan after, TimeSpan hold)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (after <= TimeSpan.Zero)
        {
            return false;
        }

        TimeSpan[] silences = [.. others.Where(other => !other.IsClosed).Select(other => now - other.HeardAt).Order()];

        // With itself, so many make half of all: 2 * (wanted + 1) >= silences + 1.
        var wanted = silences.Length / 2;
        return wanted > 0 && silences[wanted - 1] >= after && silences[wanted - 1] < after + hold;
    }
}
