using System.Text.Json;
using System.Text.Json.Serialization;

namespace Krewe.Fleet.Storage;

/// <summary>Enums by their names; a name of a later release is read as <see cref="LaterRelease"/> says.</summary>
internal sealed class EnumJson : JsonConverterFactory
{
    private static readonly JsonStringEnumConverter ByName = new();

    public override bool CanConvert(Type typeToConvert) => (Nullable.GetUnderlyingType(typeToConvert) ?? typeToConvert).IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options)
    {
        var named = Nullable.GetUnderlyingType(typeToConvert);
        var inner = ByName.CreateConverter(named ?? typeToConvert, options);
        return (JsonConverter)Activator.CreateInstance((named is null ? typeof(Tolerant<>) : typeof(TolerantOrNone<>)).MakeGenericType(named ?? typeToConvert), inner)!;
    }

    // Numbers too, as before: the names are what is written.
    private static T? Read<T>(ref Utf8JsonReader reader, JsonConverter<T> inner, JsonSerializerOptions options)
        where T : struct, Enum
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            var value = inner.Read(ref reader, typeof(T), options);
            return Enum.IsDefined(value) ? value : null;
        }

        return Enum.TryParse<T>(reader.GetString(), ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : null;
    }

    private sealed class Tolerant<T>(JsonConverter<T> inner) : JsonConverter<T>
        where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            EnumJson.Read(ref reader, inner, options) ?? LaterRelease.Meaning<T>();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => inner.Write(writer, value, options);
    }

    private sealed class TolerantOrNone<T>(JsonConverter<T> inner) : JsonConverter<T?>
        where T : struct, Enum
    {
        public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? null : EnumJson.Read(ref reader, inner, options);

        public override void Write(Utf8JsonWriter writer, T? value, JsonSerializerOptions options)
        {
            if (value is { } some)
            {
                inner.Write(writer, some, options);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
