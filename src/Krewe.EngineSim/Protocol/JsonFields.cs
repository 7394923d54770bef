using System.Text.Json;

namespace Krewe.EngineSim.Protocol;

/// <summary>Reads the value of the field that the reader stands on; a wrong type is a 400 that names it.</summary>
internal static class JsonFields
{
    /// <summary>Reads a body that is one object; fields that the handler does not know are passed over.</summary>
    public static void ReadObject(ReadOnlySpan<byte> body, JsonFieldHandler field)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                throw EngineErrorException.Bad("The body must be a JSON object.");
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (!field(ref json))
                {
                    json.Read();
                    json.Skip();
                }
            }

            // Throws where anything follows the object.
            json.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw EngineErrorException.Bad($"The body is not valid JSON: {e.Message}");
        }
    }

    public static string? OptionalString(ref Utf8JsonReader json, string field)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => json.GetString(),
            _ => throw Wrong(field, "a string"),
        };
    }

    public static bool? OptionalBool(ref Utf8JsonReader json, string field)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw Wrong(field, "true or false"),
        };
    }

    public static int? OptionalInt(ref Utf8JsonReader json, string field, int min, int max)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out var value) || value < min || value > max)
        {
            throw Wrong(field, $"a whole number from {min} to {max}");
        }

        return value;
    }

    public static ulong? OptionalSeed(ref Utf8JsonReader json, string field)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (json.TokenType != JsonTokenType.Number || !json.TryGetUInt64(out var value) || value > Tokens.SimTokens.MaxSeed)
        {
            throw Wrong(field, "a whole number from 0 to 2^53 - 1");
        }

        return value;
    }

    /// <returns>False for null; true with the reader inside the object.</returns>
    public static bool OptionalObject(ref Utf8JsonReader json, string field)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.Null => false,
            JsonTokenType.StartObject => true,
            _ => throw Wrong(field, "an object"),
        };
    }

    /// <summary>A string, or an array of strings.</summary>
    public static void Strings(ref Utf8JsonReader json, string field, List<string> into)
    {
        json.Read();
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String:
                into.Add(json.GetString()!);
                return;
            case JsonTokenType.StartArray:
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    into.Add(json.TokenType == JsonTokenType.String ? json.GetString()! : throw Wrong(field, "a string or an array of strings"));
                }

                return;
            default:
                throw Wrong(field, "a string or an array of strings");
        }
    }

    public static int Int(ref Utf8JsonReader json, string field) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var value) ? value : throw Wrong(field, "a whole number");

    public static EngineErrorException Wrong(string field, string expected) =>
        EngineErrorException.Bad($"{field}: Input should be {expected}.", field);
}
