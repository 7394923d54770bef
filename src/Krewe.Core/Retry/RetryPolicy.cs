namespace Krewe.Core.Retry;

/// <summary>How often, how fast, and at what cost to the pool a request is tried again.</summary>
public sealed record RetryPolicy
{
    /// <summary>The most that <see cref="Attempts"/> may be set to.</summary>
    public const int MaxAttempts = 16;

    /// <summary>The most that <see cref="Failovers"/> may be set to.</summary>
    public const int MaxFailovers = 64;

    public static RetryPolicy Default { get; } = new();

    /// <summary>Most attempts of one request that may end by an engine's error. Failovers do not count. Default 4; 1 to <see cref="MaxAttempts"/>.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>
    /// Most failovers in a row without a token between, of attempts that the engine may have run: a request that kills
    /// engines must not kill all. Within it, and where tokens came, only the deadline ends a request. Default 8; 0 to 64.
    /// </summary>
    public int Failovers { get; init; } = 8;

    /// <summary>Waits between attempts. Default 20 ms, up to 2 s.</summary>
    public BackoffPolicy Backoff { get; init; } = BackoffPolicy.Default;

    /// <summary>Retries in flight, as percent of the requests in flight. Default 20; 0 to 100.</summary>
    public int BudgetPercent { get; init; } = 20;

    /// <summary>Retries in flight that are allowed whatever the percentage says. Default 10, so that a quiet pool can retry at all.</summary>
    public int BudgetFloor { get; init; } = 10;
}
