using Krewe.Core.Instances;
using Krewe.Core.Load;

namespace Krewe.Core.Requests;

/// <summary>The end of an attempt, as the gateway or the fleet saw it.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Leg">Which half failed; <see cref="LegKind.Whole"/> where one instance serves both, or where it is not to be told.</param>
/// <param name="CanContinue">Whether another attempt could go on, soundly, after the tokens that were sent. Where none were sent it does not matter.</param>
public readonly record struct AttemptEnd(AttemptCause Cause, LegKind Leg = LegKind.Whole, bool CanContinue = false)
{
    /// <summary>What was decided about a stream of which something had been sent; null where nothing had, or nobody is left to see it.</summary>
    public ContinuationKind? Continuation { get; init; }

    /// <summary>Why it cannot go on; none unless <see cref="Continuation"/> is <see cref="ContinuationKind.Refuse"/>.</summary>
    public ContinuationRefusal ContinuationRefusal { get; init; }

    /// <summary>For <see cref="AttemptCause.EpochLost"/>: how its instance was found missing; null where a decision ended the epoch.</summary>
    public EvidenceKind? Evidence { get; init; }
}
