using Krewe.Core.Identity;

namespace Krewe.Core.Requests;

/// <summary>A request's life up to a moment, for people. Immutable; holds nothing of the prompt or the answer.</summary>
public sealed record RequestDescription
{
    public required RequestId Id { get; init; }

    public required PoolName Pool { get; init; }

    public required string Model { get; init; }

    public required bool Streaming { get; init; }

    public required RequestPhase Phase { get; init; }

    /// <summary>How it ended; null while it runs.</summary>
    public RequestOutcome? Outcome { get; init; }

    /// <summary>What was left of its time at that moment or at its end, milliseconds; 0 when it was over.</summary>
    public required double DeadlineRemainingMs { get; init; }

    /// <summary>From its admission to that moment or to its end, milliseconds.</summary>
    public required double AgeMs { get; init; }

    /// <summary>Output tokens passed on to the client, over all attempts.</summary>
    public required long TokensSent { get; init; }

    /// <summary>In order; the last one may be running.</summary>
    public required IReadOnlyList<AttemptDescription> Attempts { get; init; }
}
