namespace Krewe.Core.Admission;

/// <summary>
/// How long a request that waits for room holds back when there seemed to be some, and whoever was asked refused. What it
/// took of others meanwhile it gives back, which is news to all that wait, itself among them: without a pause it would
/// ask again at once, for ever. The first tries are free, for a refusal mostly corrects what is known.
/// </summary>
public static class TryPace
{
    /// <summary>Tries in vain, one after the other, that cost no pause.</summary>
    public const int Free = 2;

    /// <summary>The longest pause: no longer, since whoever waits behind it waits too.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(32);

    /// <summary>The pause before the next try: none, then 1 ms, and twice as long each time.</summary>
    /// <param name="inVain">Tries in a row in which somebody was asked and refused.</param>
    public static TimeSpan After(int inVain)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inVain);
        return inVain <= Free ? TimeSpan.Zero
            : inVain - Free > 6 ? Longest
            : TimeSpan.FromMilliseconds(1 << (inVain - Free - 1));
    }
}
