using System.Globalization;
using Krewe.Core.Limits;
using Krewe.Core.Requests;
using Krewe.Core.Time;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client.Access;

/// <summary>One key's limits on this silo: requests a minute, tokens a minute, requests at once. Thread-safe.</summary>
internal sealed class ClientLimiter
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TokenBucket? _requests;
    private readonly TokenBucket? _tokens;
    private readonly int? _maxRunning;
    private int _running;

    public ClientLimiter(ClientKeyOptions key, TimeProvider time)
    {
        _time = time;
        var now = time.GetMonotonic();
        _requests = key.RequestsPerMinute is { } requests ? new TokenBucket(requests, now) : null;
        _tokens = key.TokensPerMinute is { } tokens ? new TokenBucket(tokens, now) : null;
        _maxRunning = key.MaxRunning;
    }

    /// <summary>Null where nothing is limited.</summary>
    public static ClientLimiter? Of(ClientKeyOptions key, TimeProvider time) =>
        key is { RequestsPerMinute: null, TokensPerMinute: null, MaxRunning: null } ? null : new ClientLimiter(key, time);

    /// <summary>Whether it still says what the key's options say, so that its books may be kept.</summary>
    public bool IsFor(ClientKeyOptions key) =>
        _requests?.PerMinute == key.RequestsPerMinute && _tokens?.PerMinute == key.TokensPerMinute && _maxRunning == key.MaxRunning;

    /// <summary>A request comes; null where it may. Tells the client what is left.</summary>
    public ApiError? Enter(IHeaderDictionary headers)
    {
        if (_requests is not { } bucket)
        {
            return null;
        }

        var now = _time.GetMonotonic();
        lock (_gate)
        {
            var isTaken = bucket.TryTake(1, now, out var wait);
            Tell(headers, "requests", bucket, now);
            return isTaken ? null : Refusal($"This key may make {bucket.PerMinute} requests a minute.", wait);
        }
    }

    /// <summary>It begins, and is expected to use so many tokens; null, and one <see cref="End"/> is due, where it may.</summary>
    public ApiError? Begin(long tokens, IHeaderDictionary? headers)
    {
        var now = _time.GetMonotonic();
        lock (_gate)
        {
            if (_running >= _maxRunning)
            {
                return Refusal($"This key may have {_maxRunning} requests at once.", TimeSpan.FromSeconds(1));
            }

            if (_tokens is { } bucket)
            {
                var isTaken = bucket.TryTake(tokens, now, out var wait);
                Tell(headers, "tokens", bucket, now);
                if (!isTaken)
                {
                    return Refusal($"This key may use {bucket.PerMinute} tokens a minute; this request may need {tokens}.", wait);
                }
            }

            _running++;
            return null;
        }
    }

    /// <summary>It is over, and used so many of the tokens that were taken.</summary>
    public void End(long taken, long used)
    {
        var now = _time.GetMonotonic();
        lock (_gate)
        {
            _running--;
            _tokens?.Return(taken - used, now);
        }
    }

    private static ApiError Refusal(string message, TimeSpan wait) =>
        ApiErrors.Of(RequestOutcome.RateLimited, message) with { RetryAfter = wait };

    /// <summary>The headers that OpenAI's clients read.</summary>
    private static void Tell(IHeaderDictionary? headers, string what, TokenBucket bucket, Monotonic now)
    {
        if (headers is null)
        {
            return;
        }

        headers["x-ratelimit-limit-" + what] = bucket.PerMinute.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-" + what] = bucket.Remaining(now).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-" + what] = bucket.UntilFull(now).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
    }
}
