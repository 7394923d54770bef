namespace Krewe.Core.Routing;

/// <summary>
/// How loaded a candidate is; lower is better. The share decides, then the tokens, then the other half's share.
/// Of a pair: first its busier half, so that neither is overloaded while others idle; but who decodes is nearly always that,
/// and the same for every pair of its group, so that it says nothing of where the prompt is best computed: the prompt tokens
/// that wait at the prefill half do, which make the time to first token.
/// </summary>
/// <param name="Share">Requests as a share of the limit: 0 = idle, 1 = full. Of a pair, of its busier half.</param>
/// <param name="Tokens">Prompt tokens held or queued where the prompt is computed.</param>
/// <param name="OtherShare">Of a pair, its other half's share; of one instance its own.</param>
public readonly record struct LoadScore(double Share, long Tokens, double OtherShare) : IComparable<LoadScore>
{
    /// <summary>The score of a pair.</summary>
    public static LoadScore OfPair(LoadScore prefill, LoadScore decode) =>
        new(Math.Max(prefill.Share, decode.Share), prefill.Tokens, Math.Min(prefill.Share, decode.Share));

    public int CompareTo(LoadScore other)
    {
        var byShare = Share.CompareTo(other.Share);
        if (byShare != 0)
        {
            return byShare;
        }

        var byTokens = Tokens.CompareTo(other.Tokens);
        return byTokens != 0 ? byTokens : OtherShare.CompareTo(other.OtherShare);
    }

    public static bool operator <(LoadScore left, LoadScore right) => left.CompareTo(right) < 0;

    public static bool operator >(LoadScore left, LoadScore right) => left.CompareTo(right) > 0;

    public static bool operator <=(LoadScore left, LoadScore right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LoadScore left, LoadScore right) => left.CompareTo(right) >= 0;
}
