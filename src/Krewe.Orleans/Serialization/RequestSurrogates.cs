using System.Text.Json;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Storage;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.attempt-report")]
internal struct AttemptReportSurrogate
{
    [Id(0)]
    public int Attempt;

    [Id(1)]
    public AttemptCause Cause;

    [Id(2)]
    public LegKind Leg;

    [Id(3)]
    public long TokensSent;

    [Id(4)]
    public bool CanContinue;

    [Id(5)]
    public ContinuationKind? Continuation;

    [Id(6)]
    public ContinuationRefusal ContinuationRefusal;
}

[RegisterConverter]
internal sealed class AttemptReportConverter : IConverter<AttemptReport, AttemptReportSurrogate>
{
    public AttemptReport ConvertFromSurrogate(in AttemptReportSurrogate surrogate) =>
        new(surrogate.Attempt, surrogate.Cause, surrogate.Leg, surrogate.TokensSent, surrogate.CanContinue)
        {
            Continuation = surrogate.Continuation,
            ContinuationRefusal = surrogate.ContinuationRefusal,
        };

    public AttemptReportSurrogate ConvertToSurrogate(in AttemptReport value) =>
        new()
        {
            Attempt = value.Attempt,
            Cause = value.Cause,
            Leg = value.Leg,
            TokensSent = value.TokensSent,
            CanContinue = value.CanContinue,
            Continuation = value.Continuation,
            ContinuationRefusal = value.ContinuationRefusal,
        };
}

[RegisterCopier]
internal sealed class AttemptReportCopier : ShallowCopier<AttemptReport>;

[GenerateSerializer]
[Alias("krewe.request-end")]
internal struct RequestEndSurrogate
{
    [Id(0)]
    public RequestOutcome Outcome;

    [Id(1)]
    public AttemptCause Cause;

    [Id(2)]
    public LegKind Leg;

    [Id(3)]
    public long TokensSent;
}

[RegisterConverter]
internal sealed class RequestEndConverter : IConverter<RequestEnd, RequestEndSurrogate>
{
    public RequestEnd ConvertFromSurrogate(in RequestEndSurrogate surrogate) =>
        new(surrogate.Outcome, surrogate.Cause, surrogate.Leg, surrogate.TokensSent);

    public RequestEndSurrogate ConvertToSurrogate(in RequestEnd value) =>
        new() { Outcome = value.Outcome, Cause = value.Cause, Leg = value.Leg, TokensSent = value.TokensSent };
}

[RegisterCopier]
internal sealed class RequestEndCopier : ShallowCopier<RequestEnd>;

/// <summary>A description is for people, and crosses as JSON.</summary>
[GenerateSerializer]
[Alias("krewe.request-description")]
internal struct RequestDescriptionSurrogate
{
    [Id(0)]
    public string Document;
}

[RegisterConverter]
internal sealed class RequestDescriptionConverter : IConverter<RequestDescription, RequestDescriptionSurrogate>
{
    public RequestDescription ConvertFromSurrogate(in RequestDescriptionSurrogate surrogate) =>
        JsonSerializer.Deserialize<RequestDescription>(surrogate.Document, StateJson.Options)!;

    public RequestDescriptionSurrogate ConvertToSurrogate(in RequestDescription value) =>
        new() { Document = JsonSerializer.Serialize(value, StateJson.Options) };
}

[RegisterCopier]
internal sealed class RequestDescriptionCopier : ShallowCopier<RequestDescription>;
