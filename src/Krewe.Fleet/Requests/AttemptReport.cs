using Krewe.Core.Load;
using Krewe.Core.Requests;

namespace Krewe.Fleet.Requests;

/// <summary>How an attempt ended.</summary>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="Cause">Why.</param>
/// <param name="Leg">The half of the binding that failed; <see cref="LegKind.Whole"/> where there is one instance.</param>
/// <param name="TokensSent">Tokens that the client has of it.</param>
/// <param name="CanContinue">Whether another attempt could go on, soundly, after what the client has. Where it has nothing it does not matter.</param>
public sealed record AttemptReport(int Attempt, AttemptCause Cause, LegKind Leg, long TokensSent, bool CanContinue = false)
{
    /// <summary>What was decided about a stream of which the client has something; null where it has nothing, or has left.</summary>
    public ContinuationKind? Continuation { get; init; }

    /// <summary>Why it cannot go on.</summary>
    public ContinuationRefusal ContinuationRefusal { get; init; }
}
