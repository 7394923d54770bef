namespace Krewe.Client.Retry;

/// <summary>Exponential backoff with full jitter: the pause is drawn from 0 to a bound that doubles.</summary>
internal static class Backoff
{
    /// <summary>The bound after so many failures before.</summary>
    public static TimeSpan Cap(TimeSpan first, TimeSpan most, int failures)
    {
        var bound = first * Math.Pow(2, Math.Min(failures, 30));
        return bound < most ? bound : most;
    }

    /// <summary>The pause; never less than the service asks for.</summary>
    public static TimeSpan Delay(KreweRetryOptions options, int failures, TimeSpan? retryAfter, Jitter random) =>
        (retryAfter ?? TimeSpan.Zero) + (Cap(options.BaseDelay, options.MaxDelay, failures) * random.NextDouble());
}
