namespace Krewe.Core.Requests;

/// <summary>Why no further attempt follows one that failed: a closed set, fit for metric labels.</summary>
public enum RetryRefusal
{
    /// <summary>No other engine would do better, or the client has gone.</summary>
    NotRetryable,

    /// <summary>The deadline is over, or would be before another attempt could begin.</summary>
    NoTimeLeft,

    /// <summary>The client has seen output that cannot be continued soundly.</summary>
    AlreadyShown,

    /// <summary>Too many errors, or too many failovers in a row.</summary>
    AttemptsUsedUp,

    /// <summary>The pool's retry budget is used up.</summary>
    BudgetUsedUp,
}
