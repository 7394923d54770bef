using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Core.Identity;

namespace Krewe.Fleet.Storage;

/// <summary>How records are written down, on every host: camelCase JSON, enums and ids as strings, unknown fields ignored and unknown enum values understood (<see cref="LaterRelease"/>), so that releases read each other's state.</summary>
public static class StateJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters =
            {
                new EnumJson(),
                new TextConverter<PoolName>(text => new PoolName(text), name => name.Value),
                new TextConverter<TenantId>(text => new TenantId(text), tenant => tenant.Value),
                new TextConverter<InstanceName>(text => new InstanceName(text), name => name.Value),
                new TextConverter<TransferGroup>(text => new TransferGroup(text), name => name.Value),
                new TextConverter<IncarnationId>(text => new IncarnationId(text), id => id.Value),
                new TextConverter<IPNetwork>(text => IPNetwork.Parse(text), network => network.ToString()),
                new EpochConverter(),
            },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class TextConverter<T>(Func<string, T> read, Func<T, string> write) : JsonConverter<T>
        where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return read(reader.GetString() ?? throw new JsonException("A name is missing."));
            }
            catch (Exception error) when (error is ArgumentException or FormatException)
            {
                throw new JsonException(error.Message, error);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(write(value));
    }

    private sealed class EpochConverter : JsonConverter<Epoch>
    {
        public override Epoch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, Epoch value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
    }
}
