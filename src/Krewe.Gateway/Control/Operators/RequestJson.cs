using System.Text.Json;
using Krewe.Core.Bypass;
using Krewe.Core.Requests;

namespace Krewe.Gateway.Control.Operators;

/// <summary>A request as operators see it: where it ran and what became of it, nothing of what it said.</summary>
internal static class RequestJson
{
    public static void Write(Utf8JsonWriter json, RequestDescription request)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, request.Id.ToString());
        json.WriteString("pool"u8, request.Pool.Value);
        json.WriteString("tenant"u8, request.Tenant.Value);
        json.WriteString("model"u8, request.Model);
        json.WriteBoolean("stream"u8, request.Streaming);
        json.WriteString("state"u8, Words.Of(request.Phase));
        json.WriteString("outcome"u8, request.Outcome?.MetricTag());
        if (request.AdmittedAt is { } admitted)
        {
            json.WriteString("admittedAt"u8, admitted);
        }
        else
        {
            json.WriteNull("admittedAt"u8);
        }

        json.WriteNumber("ageMs"u8, Math.Round(request.AgeMs, 3));
        json.WriteNumber("deadlineRemainingMs"u8, Math.Round(request.DeadlineRemainingMs, 3));
        Write(json, "queuedMs"u8, request.QueuedMs);
        json.WriteString("queuedFor"u8, request.QueuedFor?.Word());
        json.WriteString("unhosted"u8, request.Unhosted?.MetricTag());
        json.WriteNumber("tokensSent"u8, request.TokensSent);
        json.WriteStartArray("attempts"u8);
        foreach (var attempt in request.Attempts)
        {
            Write(json, attempt);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AttemptDescription attempt)
    {
        json.WriteStartObject();
        json.WriteNumber("number"u8, attempt.Number);
        Write(json, "prefill"u8, attempt.Prefill);
        Write(json, "decode"u8, attempt.Decode);
        json.WriteString("cause"u8, attempt.Cause?.MetricTag());
        json.WriteString("evidence"u8, attempt.Evidence is { } evidence ? Words.Of(evidence) : null);
        json.WriteString("failedLeg"u8, attempt.FailedLeg is { } leg ? Words.Of(leg) : null);
        json.WriteNumber("tokensBefore"u8, attempt.TokensBefore);
        json.WriteNumber("tokensSent"u8, attempt.TokensSent);
        json.WriteString("continuation"u8, attempt.Continuation?.MetricTag());
        json.WriteString("continuationRefused"u8, attempt.ContinuationRefusal?.MetricTag());
        json.WriteString("next"u8, attempt.Next is { } next ? next == NextStepKind.FailOver ? "failover" : "retry" : null);
        Write(json, "backoffMs"u8, attempt.BackoffMs);
        json.WriteString("retryRefused"u8, attempt.RetryRefusal?.MetricTag());
        Write(json, "queuedMs"u8, attempt.QueuedMs);
        json.WriteString("queuedFor"u8, attempt.QueuedFor?.Word());
        json.WriteNumber("boundMs"u8, Math.Round(attempt.BoundMs, 3));
        json.WriteString("bypass"u8, attempt.Bypass?.MetricTag());
        Write(json, "prefillStartedMs"u8, attempt.PrefillStartedMs);
        Write(json, "prefillDoneMs"u8, attempt.PrefillDoneMs);
        Write(json, "firstTokenMs"u8, attempt.FirstTokenMs);
        Write(json, "endedMs"u8, attempt.EndedMs);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, BindingHalfDescription half)
    {
        json.WriteStartObject(name);
        json.WriteString("name"u8, half.Name);
        json.WriteNumber("epoch"u8, half.Epoch);
        json.WriteString("incarnation"u8, half.Incarnation);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? milliseconds)
    {
        if (milliseconds is { } value)
        {
            json.WriteNumber(name, Math.Round(value, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
