namespace Krewe.Core.Routing;

/// <summary>How loaded a candidate is; lower is better. The share decides, the tokens break its ties.</summary>
/// <param name="Share">Requests as a share of the limit: 0 = idle, 1 = full.</param>
/// <param name="Tokens">Prompt tokens that it holds or has queued.</param>
public readonly record struct LoadScore(double Share, long Tokens) : IComparable<LoadScore>
{
    /// <summary>The score of a pair: that of its worse half.</summary>
    public static LoadScore Worse(LoadScore left, LoadScore right) => left.CompareTo(right) >= 0 ? left : right;

    public int CompareTo(LoadScore other)
    {
        var byShare = Share.CompareTo(other.Share);
        return byShare != 0 ? byShare : Tokens.CompareTo(other.Tokens);
    }

    public static bool operator <(LoadScore left, LoadScore right) => left.CompareTo(right) < 0;

    public static bool operator >(LoadScore left, LoadScore right) => left.CompareTo(right) > 0;

    public static bool operator <=(LoadScore left, LoadScore right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LoadScore left, LoadScore right) => left.CompareTo(right) >= 0;
}
