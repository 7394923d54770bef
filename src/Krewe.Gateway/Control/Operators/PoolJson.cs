using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.View;

namespace Krewe.Gateway.Control.Operators;

/// <summary>A pool as operators see it: its health by its actor, its instances by this silo's view.</summary>
internal static class PoolJson
{
    public static void Write(Utf8JsonWriter json, PoolSlot slot, PoolDefinition definition, PoolHealthReport health, Monotonic now)
    {
        json.WriteStartObject();
        json.WriteString("pool"u8, slot.Name.Value);
        json.WriteString("model"u8, definition.Model);
        json.WriteString("health"u8, Words.Of(health.Health));
        json.WriteString("reason"u8, health.Text);
        json.WriteStartObject("roles"u8);
        foreach (var role in health.Roles)
        {
            json.WriteStartObject(Words.Of(role.Role));
            json.WriteNumber("schedulable"u8, role.Schedulable);
            json.WriteNumber("total"u8, role.Total);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("queue"u8);
        json.WriteNumber("waiting"u8, slot.Admission.Waiting);
        json.WriteEndObject();
        json.WriteStartArray("instances"u8);
        foreach (var instance in slot.View.All())
        {
            if (instance.Liveness is not Liveness.Removed)
            {
                Write(json, instance, now);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, InstanceView instance, Monotonic now)
    {
        var registration = instance.Registration;
        json.WriteStartObject();
        json.WriteString("name"u8, instance.Id.Name.Value);
        json.WriteString("role"u8, Words.Of(registration.Role));
        json.WriteString("protocol"u8, registration.Protocol.WireName());
        json.WriteString("url"u8, registration.Url.OriginalString);
        json.WriteString("state"u8, Words.Of(instance.Liveness));
        json.WriteString("admin"u8, Words.Of(instance.Admin));
        json.WriteString("breaker"u8, Words.Of(instance.Breaker));
        json.WriteBoolean("schedulable"u8, instance.Schedulable);
        json.WriteNumber("epoch"u8, instance.Epoch.Value);
        json.WriteString("incarnation"u8, registration.Incarnation.Value);
        json.WriteStartObject("reserved"u8);
        json.WriteNumber("requests"u8, instance.Load.ReservedRequests);
        json.WriteNumber("tokens"u8, instance.Load.ReservedTokens);
        json.WriteEndObject();
        var reported = instance.Load.Reported;
        json.WriteStartObject("load"u8);
        json.WriteNumber("running"u8, reported.Running);
        json.WriteNumber("waiting"u8, reported.Waiting);
        json.WriteNumber("kvUsage"u8, reported.KvUsage);
        if (instance.ReportedAt == default)
        {
            // It has reported nothing in this life of its actor.
            json.WriteNull("ageMs"u8);
        }
        else
        {
            json.WriteNumber("ageMs"u8, Math.Max(0, (long)(now - instance.ReportedAt).TotalMilliseconds));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
