using Krewe.Core.Randomness;

namespace Krewe.Core.Requests;

/// <summary>What follows the end of an attempt.</summary>
internal static class RetryRule
{
    /// <param name="terms">The request's.</param>
    /// <param name="end">How the attempt ended.</param>
    /// <param name="history">The attempts so far, this one included.</param>
    /// <param name="shown">Whether the client has seen output, so that running it again would show.</param>
    /// <param name="timeLeft">Until the deadline; zero when it is over.</param>
    /// <param name="random">For the jitter.</param>
    public static NextStep Decide(
        RequestTerms terms, AttemptEnd end, AttemptHistory history, bool shown, TimeSpan timeLeft, IRandomSource random)
    {
        var cause = end.Cause;
        if (cause is AttemptCause.Completed)
        {
            return NextStep.Finish;
        }

        if (!cause.IsRetryable())
        {
            return NextStep.Fail(cause.FinalOutcome());
        }

        if (timeLeft <= TimeSpan.Zero)
        {
            return NextStep.Fail(RequestOutcome.DeadlineExceeded);
        }

        // Continuation is decided by the caller; without it, what was shown cannot be taken back.
        if (shown && !end.CanContinue)
        {
            return NextStep.Fail(RequestOutcome.EngineError);
        }

        if (history.Attempts >= AttemptHistory.MaxAttempts
            || (cause.IsFailover() ? history.RunFailovers > terms.Retry.Failovers : history.Errors >= terms.Retry.Attempts))
        {
            return NextStep.Fail(cause.FinalOutcome());
        }

        // One loss is nobody's fault and is made good at once; a row of them is paced.
        var delay = !cause.IsFailover() ? terms.Retry.Backoff.Delay(history.Errors, random)
            : history.Failovers <= 1 ? TimeSpan.Zero
            : terms.Retry.Backoff.Delay(history.Failovers - 1, random);
        if (delay >= timeLeft)
        {
            // Waiting would only turn what is known now into a timeout later.
            return NextStep.Fail(cause.FinalOutcome());
        }

        return cause.IsFailover() ? NextStep.FailOverAfter(delay) : NextStep.RetryAfter(delay);
    }
}
