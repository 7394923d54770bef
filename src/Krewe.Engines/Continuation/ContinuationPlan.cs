using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Http;

namespace Krewe.Engines.Continuation;

/// <summary>How a stream goes on: by a body for the next attempt, or not.</summary>
public readonly record struct ContinuationPlan
{
    /// <summary>What the next attempt is to ask for; null if there is none.</summary>
    public RequestBody? Body { get; private init; }

    /// <summary>Why the stream cannot go on there; none if it can, or if nothing could be found out.</summary>
    public ContinuationRefusal Refusal { get; private init; }

    /// <summary>How the engine failed when it was asked what a plan needs to know.</summary>
    public EngineFailure Failure { get; private init; }

    internal static ContinuationPlan Send(RequestBody body) => new() { Body = body };

    internal static ContinuationPlan Refuse(ContinuationRefusal refusal) => new() { Refusal = refusal };

    internal static ContinuationPlan Fail(EngineFailure failure) => new() { Failure = failure };
}
