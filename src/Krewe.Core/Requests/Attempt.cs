using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Requests;

/// <summary>One try of a request, as its life cycle books it.</summary>
public sealed class Attempt
{
    internal Attempt(AttemptId id, Binding binding, Monotonic boundAt)
    {
        Id = id;
        Binding = binding;
        BoundAt = boundAt;
    }

    public AttemptId Id { get; }

    public Binding Binding { get; internal set; }

    /// <summary>Since when the request had waited for it; null where it did not.</summary>
    public Monotonic? QueuedAt { get; internal init; }

    /// <summary>What it waited for, in the end.</summary>
    public QueueReason? QueuedFor { get; internal init; }

    public Monotonic BoundAt { get; }

    /// <summary>Why an instance was bound without its actor; null where the actors reserved.</summary>
    public BypassCause? Bypass { get; internal init; }

    /// <summary>Output tokens that the client had of the attempts before: a stream goes on behind them.</summary>
    public long TokensBefore { get; internal init; }

    public Monotonic? PrefillStartedAt { get; internal set; }

    public Monotonic? PrefillDoneAt { get; internal set; }

    /// <summary>When the first output came; from then on a streaming client may have seen some of it.</summary>
    public Monotonic? FirstTokenAt { get; internal set; }

    public Monotonic? EndedAt { get; internal set; }

    /// <summary>Output tokens passed on to the client.</summary>
    public long TokensSent { get; internal set; }

    /// <summary>Why it ended; null while it runs.</summary>
    public AttemptCause? Cause { get; internal set; }

    /// <summary>The half that failed.</summary>
    public LegKind? FailedLeg { get; internal set; }

    /// <summary>For a lost epoch: how its instance was found missing; null where a decision ended it (a successor, a drain).</summary>
    public EvidenceKind? Evidence { get; internal set; }

    /// <summary>What became of the stream that broke with it; null where nothing of it had been sent.</summary>
    public ContinuationKind? Continuation { get; internal set; }

    /// <summary>Why that could not go on.</summary>
    public ContinuationRefusal ContinuationRefusal { get; internal set; }

    /// <summary>What followed: a failover or a retry; null where nothing did, or it still runs.</summary>
    public NextStepKind? Next { get; internal set; }

    /// <summary>The pause before what followed.</summary>
    public TimeSpan Backoff { get; internal set; }

    /// <summary>Why no other attempt followed its failure.</summary>
    public RetryRefusal? RetryRefusal { get; internal set; }
}
