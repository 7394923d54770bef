namespace Krewe.Core.Requests;

/// <summary>What is to be done after an attempt ended.</summary>
public enum NextStepKind
{
    /// <summary>Route and bind again after <see cref="NextStep.Delay"/>.</summary>
    RetryAfter,

    /// <summary>The same, for a lost incarnation: through the queue if there is no room.</summary>
    FailOver,

    /// <summary>The request ended; tell the client <see cref="NextStep.Outcome"/>.</summary>
    Fail,

    /// <summary>The request is complete.</summary>
    Finish,

    /// <summary>The event named another attempt than the running one: nothing changed, nothing is to be done.</summary>
    Stale,

    /// <summary>The request had ended before: nothing changed, nothing is to be done.</summary>
    AlreadyEnded,
}
