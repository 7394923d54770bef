namespace Krewe.Core.Requests;

/// <summary>What each <see cref="RetryRefusal"/> is called.</summary>
public static class RetryRefusalFacts
{
    /// <summary>The value of the metric label <c>reason</c>.</summary>
    public static string MetricTag(this RetryRefusal refusal) => refusal switch
    {
        RetryRefusal.NotRetryable => "not_retryable",
        RetryRefusal.NoTimeLeft => "no_time_left",
        RetryRefusal.AlreadyShown => "already_shown",
        RetryRefusal.AttemptsUsedUp => "attempts_used_up",
        RetryRefusal.BudgetUsedUp => "budget_used_up",
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, null),
    };
}
