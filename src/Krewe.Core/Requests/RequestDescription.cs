using Krewe.Core.Bypass;
using Krewe.Core.Identity;

namespace Krewe.Core.Requests;

/// <summary>A request's life up to a moment, for people. Immutable; holds nothing of the prompt or the answer.</summary>
public sealed record RequestDescription
{
    public required RequestId Id { get; init; }

    public required PoolName Pool { get; init; }

    /// <summary>Whose request it is: nobody else, operators apart, may learn that it exists.</summary>
    public TenantId Tenant { get; init; }

    public required string Model { get; init; }

    public required bool Streaming { get; init; }

    public required RequestPhase Phase { get; init; }

    /// <summary>How it ended; null while it runs.</summary>
    public RequestOutcome? Outcome { get; init; }

    /// <summary>What was left of its time at that moment or at its end, milliseconds; 0 when it was over.</summary>
    public required double DeadlineRemainingMs { get; init; }

    /// <summary>From its admission to that moment or to its end, milliseconds.</summary>
    public required double AgeMs { get; init; }

    /// <summary>Since when it waits, or waited when it ended, milliseconds after its admission; null where it does not.</summary>
    public double? QueuedMs { get; init; }

    /// <summary>What it waits for, or waited for in vain.</summary>
    public QueueReason? QueuedFor { get; init; }

    /// <summary>Wall clock of its admission, for display only; null where it is not known.</summary>
    public DateTimeOffset? AdmittedAt { get; init; }

    /// <summary>Why it runs without an actor of its host; null where it has one.</summary>
    public BypassCause? Unhosted { get; init; }

    /// <summary>Output tokens passed on to the client, over all attempts.</summary>
    public required long TokensSent { get; init; }

    /// <summary>In order; the last one may be running.</summary>
    public required IReadOnlyList<AttemptDescription> Attempts { get; init; }
}
