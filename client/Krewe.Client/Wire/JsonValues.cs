using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Wire;

/// <summary>Values of types that only the application knows, as JSON.</summary>
internal static class JsonValues
{
    // The library's own are indented, for people.
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    public static string Text(object? value) => value switch
    {
        null => "null",
        IDictionary<string, object?> map => JsonSerializer.Serialize(map, Options.GetTypeInfo(typeof(IDictionary<string, object?>))),
        _ => JsonSerializer.Serialize(value, Options.GetTypeInfo(value.GetType())),
    };

    public static void Write(Utf8JsonWriter json, string name, object? value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Text(value));
    }
}
