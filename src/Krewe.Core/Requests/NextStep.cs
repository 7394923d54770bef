namespace Krewe.Core.Requests;

/// <summary>The decision after an attempt ended.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Delay">How long to wait before the next attempt; zero where there is none.</param>
/// <param name="Outcome">How the request ended; null while it goes on.</param>
public readonly record struct NextStep(NextStepKind Kind, TimeSpan Delay, RequestOutcome? Outcome)
{
    public static NextStep Finish => new(NextStepKind.Finish, TimeSpan.Zero, RequestOutcome.Completed);

    public static NextStep Stale => new(NextStepKind.Stale, TimeSpan.Zero, null);

    /// <summary>Whether another attempt follows.</summary>
    public bool IsAnotherAttempt => Kind is NextStepKind.RetryAfter or NextStepKind.FailOver;

    public static NextStep RetryAfter(TimeSpan delay) => new(NextStepKind.RetryAfter, delay, null);

    public static NextStep FailOverAfter(TimeSpan delay) => new(NextStepKind.FailOver, delay, null);

    public static NextStep Fail(RequestOutcome outcome) => new(NextStepKind.Fail, TimeSpan.Zero, outcome);

    public static NextStep AlreadyEnded(RequestOutcome outcome) => new(NextStepKind.AlreadyEnded, TimeSpan.Zero, outcome);
}
