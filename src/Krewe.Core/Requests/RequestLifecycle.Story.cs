using Krewe.Core.Time;

namespace Krewe.Core.Requests;

/// <content>What is kept of it for people to read.</content>
public sealed partial class RequestLifecycle
{
    /// <summary>Its life up to now, for people.</summary>
    public RequestDescription Describe(Monotonic now)
    {
        var at = Outcome is null ? now : _endedAt;
        return new RequestDescription
        {
            Id = Terms.Id,
            Pool = Terms.Pool,
            Tenant = Terms.Tenant,
            Model = Terms.Model,
            Streaming = Terms.Streaming,
            Phase = Phase,
            Outcome = Outcome,
            DeadlineRemainingMs = Terms.Deadline.Remaining(at).TotalMilliseconds,
            QueuedMs = (_queuedAt - AdmittedAt)?.TotalMilliseconds,
            QueuedFor = _queuedAt is null ? null : _queuedFor,
            AgeMs = (at - AdmittedAt).TotalMilliseconds,
            TokensSent = TokensSent,
            Attempts = [.. _attempts.Select(attempt => AttemptDescription.Of(attempt, AdmittedAt))],
        };
    }

    private void Note(AttemptEnd end)
    {
        var current = _attempts[^1];
        current.Evidence = end.Cause is AttemptCause.EpochLost ? end.Evidence : null;
        current.Continuation = end.Continuation;
        current.ContinuationRefusal = end.ContinuationRefusal;
    }

    private void Note(NextStep next)
    {
        var ended = _attempts[^1];
        ended.RetryRefusal = Refusal;
        if (next.IsAnotherAttempt)
        {
            (ended.Next, ended.Backoff) = (next.Kind, next.Delay);
        }
    }

    private void NoteEnd(RequestOutcome outcome)
    {
        if (outcome is not (RequestOutcome.Completed or RequestOutcome.ClientGone)
            && _attempts is [.., { Continuation: ContinuationKind.Restart or ContinuationKind.Continue } last])
        {
            // It could have gone on, had there been an attempt.
            (last.Continuation, last.ContinuationRefusal) = (ContinuationKind.Refuse, ContinuationRefusal.NoAttempt);
        }
    }
}
