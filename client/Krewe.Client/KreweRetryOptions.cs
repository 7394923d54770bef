namespace Krewe.Client;

/// <summary>How calls are tried again.</summary>
public sealed class KreweRetryOptions
{
    /// <summary>Most tries that are answered with a refusal that may pass (<c>no_instance</c>, <c>overloaded</c>, …). Default: 6.</summary>
    public int MaxAttempts { get; set; } = 6;

    /// <summary>Longest pause after the first failure; it doubles with each, and the pause is drawn from 0 to it. Default: 100 ms.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause of all, but where <c>Retry-After</c> asks for more. Default: 5 s.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many retries of calls that the service had no room for are allowed, in percent of calls, beside
    /// <see cref="BudgetFloor"/>: retries must not multiply an overload. Default: 20.
    /// </summary>
    public int BudgetPercent { get; set; } = 20;

    /// <summary>Such retries that are allowed at any rate before the percentage counts. Default: 10.</summary>
    public int BudgetFloor { get; set; } = 10;

    /// <summary>
    /// How long it is tried to reach anybody, when no endpoint can be reached or none has an engine, counted from the last
    /// sign of life. Default: 1 min.
    /// </summary>
    public TimeSpan Recovery { get; set; } = TimeSpan.FromMinutes(1);
}
