using System.Text.Json;
using Krewe.Fleet.Journal;

namespace Krewe.Gateway.Control.Operators;

/// <summary>A transition as operators see it.</summary>
internal static class EventJson
{
    public static void Write(Utf8JsonWriter json, FleetEvent entry)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence"u8, entry.Sequence);
        json.WriteString("at"u8, entry.At);
        json.WriteString("pool"u8, entry.Pool.Value);
        json.WriteString("instance"u8, entry.Instance?.Value);
        if (entry.Epoch is { } epoch)
        {
            json.WriteNumber("epoch"u8, epoch.Value);
        }
        else
        {
            json.WriteNull("epoch"u8);
        }

        json.WriteString("incarnation"u8, entry.Incarnation?.Value);
        json.WriteString("what"u8, entry.What);
        json.WriteString("from"u8, entry.From);
        json.WriteString("to"u8, entry.To);
        json.WriteString("cause"u8, entry.Cause);
        json.WriteEndObject();
    }
}
