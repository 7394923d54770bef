using Krewe.Core.Time;

namespace Krewe.Core.Limits;

/// <summary>
/// One caller's books: what it has used of its limits, which may change meanwhile. Not thread-safe.
/// </summary>
/// <remarks>
/// A change touches the limit and never what was used. So a raised limit lets in at once what it has more, a lowered one
/// nothing until what was used fits it again, and a change that is taken back was none. What runs is counted without a
/// limit too, for the day there is one; requests and tokens are not, so a limit of these begins unused.
/// </remarks>
public sealed class CallerBooks
{
    // Tokens of what runs, taken from the bucket that there is now.
    private long _unsettled;

    public CallerBooks(CallerLimits limits, Monotonic now)
    {
        ArgumentNullException.ThrowIfNull(limits);
        Limits = limits;
        Requests = Changed(null, limits.RequestsPerMinute, 0, now);
        Tokens = Changed(null, limits.TokensPerMinute, 0, now);
    }

    public CallerLimits Limits { get; private set; }

    /// <summary>What is left of the requests; null where they are not limited.</summary>
    public TokenBucket? Requests { get; private set; }

    /// <summary>What is left of the tokens; null where they are not limited.</summary>
    public TokenBucket? Tokens { get; private set; }

    /// <summary>Requests that have begun and not ended.</summary>
    public int Running { get; private set; }

    /// <summary>Puts these limits in the place of those that there are.</summary>
    public void Change(CallerLimits limits, Monotonic now)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var tokens = Tokens;
        Requests = Changed(Requests, limits.RequestsPerMinute, 0, now);
        Tokens = Changed(tokens, limits.TokensPerMinute, _unsettled, now);
        if (Tokens != tokens)
        {
            _unsettled = 0;
        }

        Limits = limits;
    }

    /// <summary>A request comes, of which nothing is known yet.</summary>
    /// <param name="now">The time.</param>
    /// <param name="wait">How long until it may, if none comes before.</param>
    public bool TryEnter(Monotonic now, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        return Requests is not { } bucket || bucket.TryTake(1, now, out wait);
    }

    /// <summary>A request that may need so many tokens is to be served; where it is granted one <see cref="End"/> is due.</summary>
    /// <param name="tokens">At least 0.</param>
    /// <param name="now">The time.</param>
    /// <param name="charge">For its end.</param>
    /// <param name="wait">How long until there are as many tokens, if nobody takes any.</param>
    public LimitVerdict TryBegin(long tokens, Monotonic now, out CallerCharge charge, out TimeSpan wait)
    {
        (charge, wait) = (default, TimeSpan.Zero);
        if (Running >= Limits.MaxRunning)
        {
            return LimitVerdict.TooManyRunning;
        }

        if (Tokens is { } bucket)
        {
            if (!bucket.TryTake(tokens, now, out wait))
            {
                return LimitVerdict.TooManyTokens;
            }

            _unsettled += tokens;
        }

        charge = new CallerCharge(Tokens, tokens);
        Running++;
        return LimitVerdict.Granted;
    }

    /// <summary>It is over, and used so many tokens, which are booked in place of what was taken.</summary>
    public void End(CallerCharge charge, long used, Monotonic now)
    {
        Running--;

        // What was not taken from this bucket is none of its business.
        if (Tokens is { } bucket && charge.From == bucket)
        {
            _unsettled -= charge.Tokens;
            bucket.Return(charge.Tokens - used, now, _unsettled);
        }
    }

    private static TokenBucket? Changed(TokenBucket? bucket, long? perMinute, double unsettled, Monotonic now)
    {
        if (bucket is null || perMinute is null)
        {
            return perMinute is { } limit ? new TokenBucket(limit, now) : null;
        }

        bucket.Change(perMinute.Value, now, unsettled);
        return bucket;
    }
}
