using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Engines.Errors;

namespace Krewe.Gateway.Serving;

/// <summary>How an attempt went.</summary>
/// <param name="Cause">Why it ended.</param>
/// <param name="Leg">The half of the binding that it is about.</param>
/// <param name="Error">The engine's own error, where it gave one.</param>
internal readonly record struct AttemptResult(AttemptCause Cause, LegKind Leg, EngineError? Error = null)
{
    public bool IsCompleted => Cause == AttemptCause.Completed;

    /// <summary>For <see cref="AttemptCause.NotContinued"/>: why.</summary>
    public ContinuationRefusal Refusal { get; init; }
}
