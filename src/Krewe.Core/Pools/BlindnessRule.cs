using Krewe.Core.Instances;
using Krewe.Core.Time;

namespace Krewe.Core.Pools;

/// <summary>
/// Tells a loss from our own blindness. Where half of a pool's instances, two at least, fall silent within one window, the
/// fault is likelier ours than theirs: membership freezes, and silence makes nobody Suspect or Removed. It thaws when
/// less than half, or less than two, have been silent for a while: then what is silent still is lost. Whose loss is
/// certain (dead, deleted, drained, not confirmed yet) does not count either way.
/// </summary>
public static class BlindnessRule
{
    /// <summary>Fewer silent ones than this are no blindness, whatever the pool's size.</summary>
    public const int Least = 2;

    /// <param name="state">Before.</param>
    /// <param name="members">Every member: whether it is heard, and if not, since when it is silent.</param>
    /// <param name="now">Now.</param>
    /// <param name="options">The pool's times.</param>
    public static BlindnessState Next(
        BlindnessState state, IEnumerable<(Hearing Hearing, Monotonic Since)> members, Monotonic now, LeaseOptions options)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(options);
        var (counted, silent, lately) = (0, 0, 0);
        foreach (var (hearing, since) in members)
        {
            counted += hearing is Hearing.Gone ? 0 : 1;
            if (hearing is Hearing.Silent)
            {
                silent++;
                lately += now - since <= options.BlindWindow ? 1 : 0;
            }
        }

        if (!state.IsFrozen)
        {
            return new BlindnessState(IsBlind(lately, counted));
        }

        if (IsBlind(silent, counted))
        {
            return new BlindnessState(true);
        }

        // Others may be heard again a moment later than the first ones.
        var clearSince = state.ClearSince ?? now;
        return now - clearSince >= options.ThawAfter ? default : new BlindnessState(true, clearSince);
    }

    private static bool IsBlind(int silent, int counted) => silent >= Least && 2 * silent >= counted;
}
