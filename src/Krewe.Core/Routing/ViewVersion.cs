using Krewe.Core.Identity;

namespace Krewe.Core.Routing;

/// <summary>The age of a published view: the newer one wins, compared part by part from the left.</summary>
/// <param name="Epoch">The incarnation's.</param>
/// <param name="Generation">The publishing activation's: higher at each activation of the instance's actor.</param>
/// <param name="Counter">Higher at each publication of that activation.</param>
public readonly record struct ViewVersion(Epoch Epoch, long Generation, long Counter) : IComparable<ViewVersion>
{
    public int CompareTo(ViewVersion other)
    {
        var byEpoch = Epoch.CompareTo(other.Epoch);
        if (byEpoch != 0)
        {
            return byEpoch;
        }

        var byGeneration = Generation.CompareTo(other.Generation);
        return byGeneration != 0 ? byGeneration : Counter.CompareTo(other.Counter);
    }

    public static bool operator <(ViewVersion left, ViewVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(ViewVersion left, ViewVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(ViewVersion left, ViewVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ViewVersion left, ViewVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Epoch}.{Generation}.{Counter}";
}
