using System.Globalization;
using Krewe.Core.Limits;
using Krewe.Core.Requests;
using Krewe.Core.Time;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client.Access;

/// <summary>One key's limits on this silo, and what it has used of them. Thread-safe.</summary>
internal sealed class ClientLimiter(CallerLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly CallerBooks _books = new(limits, time.GetMonotonic());

    /// <summary>The key has other limits now. What runs, and what was used, stays in the books.</summary>
    public void Change(CallerLimits changed)
    {
        var now = time.GetMonotonic();
        lock (_gate)
        {
            _books.Change(changed, now);
        }
    }

    /// <summary>A request comes; null where it may. Tells the client what is left.</summary>
    public ApiError? Enter(IHeaderDictionary headers)
    {
        var now = time.GetMonotonic();
        lock (_gate)
        {
            var mayEnter = _books.TryEnter(now, out var wait);
            Tell(headers, "requests", _books.Requests, now);
            return mayEnter ? null : Refusal($"This key may make {_books.Limits.RequestsPerMinute} requests a minute.", wait);
        }
    }

    /// <summary>It begins, and is expected to use so many tokens; null, and one <see cref="End"/> is due, where it may.</summary>
    public ApiError? Begin(long tokens, IHeaderDictionary? headers, out CallerCharge charge)
    {
        var now = time.GetMonotonic();
        lock (_gate)
        {
            var verdict = _books.TryBegin(tokens, now, out charge, out var wait);
            if (verdict == LimitVerdict.TooManyRunning)
            {
                return Refusal($"This key may have {_books.Limits.MaxRunning} requests at once.", TimeSpan.FromSeconds(1));
            }

            Tell(headers, "tokens", _books.Tokens, now);
            return verdict == LimitVerdict.Granted
                ? null
                : Refusal($"This key may use {_books.Limits.TokensPerMinute} tokens a minute; this request may need {tokens}.", wait);
        }
    }

    /// <summary>It is over, and used so many tokens.</summary>
    public void End(CallerCharge charge, long used)
    {
        var now = time.GetMonotonic();
        lock (_gate)
        {
            _books.End(charge, used, now);
        }
    }

    private static ApiError Refusal(string message, TimeSpan wait) =>
        ApiErrors.Of(RequestOutcome.RateLimited, message) with { RetryAfter = wait };

    /// <summary>The headers that OpenAI's clients read.</summary>
    private static void Tell(IHeaderDictionary? headers, string what, TokenBucket? bucket, Monotonic now)
    {
        if (headers is null || bucket is null)
        {
            return;
        }

        headers["x-ratelimit-limit-" + what] = bucket.PerMinute.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-" + what] = bucket.Remaining(now).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-" + what] = bucket.UntilFull(now).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
    }
}
