namespace Krewe.Core.Instances.Breaking;

/// <summary>When an instance's breaker opens and closes.</summary>
public sealed record BreakerOptions
{
    /// <summary>Failures in a row, on one leg, that open it. Default 5.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>Share of failures, 0 to 1, in the window of one leg that opens it. Default 0.5.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>Outcomes that the window must hold before <see cref="FailureRatio"/> counts. Default 10.</summary>
    public int MinimumOutcomes { get; init; } = 10;

    /// <summary>Length of the window, kept in ten slices. Default 10 s.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open at first. Default 5 s; doubles with each failed trial.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest that it stays open. Default 60 s.</summary>
    public TimeSpan MaxOpenFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What is wrong with these options, each naming its key; empty if nothing.</summary>
    /// <param name="section">The configuration section, for the messages.</param>
    public IReadOnlyList<string> Validate(string section = "Krewe:Lease:Breaker")
    {
        var errors = new List<string>();
        Require(ConsecutiveFailures >= 1, nameof(ConsecutiveFailures), "must be at least 1");
        Require(FailureRatio is > 0 and <= 1, nameof(FailureRatio), "must be more than 0 and at most 1");
        Require(MinimumOutcomes >= 1, nameof(MinimumOutcomes), "must be at least 1");
        Require(Window >= TimeSpan.FromMilliseconds(100) && Window <= TimeSpan.FromHours(1), nameof(Window), "must be 100 ms to 1 h");
        Require(OpenFor > TimeSpan.Zero, nameof(OpenFor), "must be more than 0");
        Require(MaxOpenFor >= OpenFor && MaxOpenFor <= TimeSpan.FromDays(1), nameof(MaxOpenFor), $"must be at least {nameof(OpenFor)} and at most 1 day");
        return errors;

        void Require(bool holds, string key, string rule)
        {
            if (!holds)
            {
                errors.Add($"{section}:{key} {rule}.");
            }
        }
    }
}
