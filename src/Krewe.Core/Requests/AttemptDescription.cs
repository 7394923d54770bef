using Krewe.Core.Bypass;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Requests;

/// <summary>One attempt, for people. Times are milliseconds since the request was admitted.</summary>
public sealed record AttemptDescription
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    public required BindingHalfDescription Prefill { get; init; }

    public required BindingHalfDescription Decode { get; init; }

    /// <summary>Null while it runs.</summary>
    public AttemptCause? Cause { get; init; }

    public LegKind? FailedLeg { get; init; }

    public required long TokensSent { get; init; }

    /// <summary>When the request began to wait for it; null where it did not.</summary>
    public double? QueuedMs { get; init; }

    /// <summary>What it waited for.</summary>
    public QueueReason? QueuedFor { get; init; }

    public required double BoundMs { get; init; }

    /// <summary>Why an instance was bound without its actor; null where the actors reserved.</summary>
    public BypassCause? Bypass { get; init; }

    /// <summary>Tokens that the client had of the attempts before: where a stream went on.</summary>
    public long TokensBefore { get; init; }

    public double? PrefillStartedMs { get; init; }

    public double? PrefillDoneMs { get; init; }

    public double? FirstTokenMs { get; init; }

    public double? EndedMs { get; init; }

    /// <summary>For a lost epoch: how its instance was found missing; null where a decision ended it.</summary>
    public EvidenceKind? Evidence { get; init; }

    /// <summary>What became of the stream that broke with it; null where nothing of it had been sent.</summary>
    public ContinuationKind? Continuation { get; init; }

    /// <summary>Why that could not go on; null where it could.</summary>
    public ContinuationRefusal? ContinuationRefusal { get; init; }

    /// <summary>What followed: <see cref="NextStepKind.FailOver"/> or <see cref="NextStepKind.RetryAfter"/>; null where nothing did.</summary>
    public NextStepKind? Next { get; init; }

    /// <summary>The pause before what followed; null where nothing did.</summary>
    public double? BackoffMs { get; init; }

    /// <summary>Why nothing followed its failure.</summary>
    public RetryRefusal? RetryRefusal { get; init; }

    internal static AttemptDescription Of(Attempt attempt, Monotonic admittedAt)
    {
        double? Since(Monotonic? at) => at is { } then ? (then - admittedAt).TotalMilliseconds : null;

        return new()
        {
            Number = attempt.Id.Number,
            Prefill = BindingHalfDescription.Of(attempt.Binding.Prefill),
            Decode = BindingHalfDescription.Of(attempt.Binding.Decode),
            Cause = attempt.Cause,
            FailedLeg = attempt.FailedLeg,
            TokensSent = attempt.TokensSent,
            QueuedMs = Since(attempt.QueuedAt),
            QueuedFor = attempt.QueuedFor,
            TokensBefore = attempt.TokensBefore,
            BoundMs = (attempt.BoundAt - admittedAt).TotalMilliseconds,
            Bypass = attempt.Bypass,
            PrefillStartedMs = Since(attempt.PrefillStartedAt),
            PrefillDoneMs = Since(attempt.PrefillDoneAt),
            FirstTokenMs = Since(attempt.FirstTokenAt),
            EndedMs = Since(attempt.EndedAt),
            Evidence = attempt.Evidence,
            Continuation = attempt.Continuation,
            ContinuationRefusal = attempt.ContinuationRefusal == Requests.ContinuationRefusal.None ? null : attempt.ContinuationRefusal,
            Next = attempt.Next,
            BackoffMs = attempt.Next is null ? null : attempt.Backoff.TotalMilliseconds,
            RetryRefusal = attempt.RetryRefusal,
        };
    }
}
