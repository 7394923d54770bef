using System.Text.Json;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;
using Krewe.Fleet.View;
using Krewe.Gateway.Console.Figures;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Operators;

namespace Krewe.Gateway.Console.Live;

/// <summary>What the console shows, a small object each. Times are points on the silo's monotonic clock, milliseconds, so that nothing changes by growing old.</summary>
internal static class CardJson
{
    public static void Write(Utf8JsonWriter json, PoolSlot slot, PoolHealthReport health, bool isActors, int hidden)
    {
        var definition = slot.Definition!;
        json.WriteStartObject();
        json.WriteString("pool"u8, slot.Name.Value);
        json.WriteString("model"u8, definition.Model);
        json.WriteString("policy"u8, definition.Policy);
        json.WriteString("health"u8, Words.Of(health.Health));
        json.WriteString("reasonCode"u8, health.Reason.ToString());
        json.WriteString("reason"u8, health.Text);
        json.WriteString("judgedBy"u8, isActors ? "pool" : "view");
        json.WriteBoolean("frozen"u8, slot.IsFrozen);
        json.WriteBoolean("refusesNew"u8, slot.RefusesNew);
        json.WriteNumber("waiting"u8, slot.Admission.Waiting);
        json.WriteNumber("hidden"u8, hidden);
        json.WriteStartArray("roles"u8);
        foreach (var role in health.Roles)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, Words.Of(role.Role));
            json.WriteNumber("schedulable"u8, role.Schedulable);
            json.WriteNumber("total"u8, role.Total);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, InstanceView instance)
    {
        var registration = instance.Registration;
        var load = instance.Load;
        json.WriteStartObject();
        json.WriteString("pool"u8, instance.Id.Pool.Value);
        json.WriteString("name"u8, instance.Id.Name.Value);
        json.WriteString("role"u8, Words.Of(registration.Role));
        json.WriteString("protocol"u8, registration.Protocol.WireName());
        json.WriteString("url"u8, registration.Url.OriginalString);
        json.WriteString("model"u8, registration.Model);
        json.WriteString("transferGroup"u8, registration.TransferGroup.Value);
        json.WriteString("state"u8, Words.Of(instance.Liveness));
        json.WriteString("admin"u8, Words.Of(instance.Admin));
        json.WriteString("breaker"u8, Words.Of(instance.Breaker));
        json.WriteBoolean("schedulable"u8, instance.Schedulable);
        json.WriteNumber("epoch"u8, instance.Epoch.Value);
        json.WriteString("incarnation"u8, registration.Incarnation.Value);
        json.WriteNumber("limit"u8, instance.Limit);
        json.WriteNumber("reservedRequests"u8, load.ReservedRequests);
        json.WriteNumber("reservedTokens"u8, load.ReservedTokens);
        json.WriteNumber("externalRequests"u8, load.ExternalRequests);
        json.WriteNumber("running"u8, load.Reported.Running);
        json.WriteNumber("waiting"u8, load.Reported.Waiting);
        json.WriteNumber("kvUsage"u8, Math.Round(load.Reported.KvUsage, 4));
        if (instance.ReportedAt == default)
        {
            json.WriteNull("reportedAt"u8);
        }
        else
        {
            json.WriteNumber("reportedAt"u8, Milliseconds(instance.ReportedAt));
        }

        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, PoolFigures figures)
    {
        json.WriteStartObject();
        json.WriteNumber("requestsPerSecond"u8, Math.Round(figures.RequestsPerSecond, 2));
        json.WriteNumber("failuresPerSecond"u8, Math.Round(figures.FailuresPerSecond, 2));
        json.WriteNumber("tokensPerSecond"u8, Math.Round(figures.TokensPerSecond, 1));
        json.WriteNumber("failovers"u8, figures.Failovers);
        Write(json, "timeToFirstToken"u8, figures.TimeToFirstToken);
        Write(json, "timePerOutputToken"u8, figures.TimePerOutputToken);
        json.WriteStartArray("requestsBySecond"u8);
        foreach (var count in figures.RequestsBySecond)
        {
            json.WriteNumberValue(count);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<SiloDescription> silos)
    {
        json.WriteStartArray();
        foreach (var silo in silos)
        {
            json.WriteStartObject();
            json.WriteString("silo"u8, silo.Id.Value);
            json.WriteString("state"u8, silo.State.ToString());
            json.WriteBoolean("self"u8, silo.IsSelf);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static long Milliseconds(Core.Time.Monotonic at) => at.Ticks / TimeSpan.TicksPerMillisecond;

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, QuantilePair? pair)
    {
        if (pair is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("p50"u8, Math.Round(pair.P50, 6));
        json.WriteNumber("p99"u8, Math.Round(pair.P99, 6));
        json.WriteNumber("count"u8, pair.Count);
        json.WriteEndObject();
    }
}
