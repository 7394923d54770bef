using System.Buffers;
using System.Text.Json;
using Orleans.Storage;

namespace Krewe.Orleans.Storage;

/// <summary>
/// How grain storage writes an envelope: <c>{"version":1,"record":{…}}</c>, UTF-8. Plain, so that operators can read
/// a row; and no type name in it is ever followed.
/// </summary>
internal sealed class StoredRecordJson : IGrainStorageSerializer
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 64 };

    public BinaryData Serialize<T>(T? input)
    {
        var envelope = input as StoredRecord ?? throw new NotSupportedException($"This storage keeps {nameof(StoredRecord)} only, not {typeof(T)}.");
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version"u8, envelope.Version);
            if (envelope.Document is { } document)
            {
                writer.WritePropertyName("record"u8);
                writer.WriteRawValue(document);
            }

            writer.WriteEndObject();
        }

        return new BinaryData(buffer.WrittenMemory);
    }

    /// <exception cref="InvalidDataException">The row holds no envelope.</exception>
    public T Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            using var row = JsonDocument.Parse(input.ToMemory(), Reading);
            return (T)(object)new StoredRecord
            {
                Version = row.RootElement.GetProperty("version"u8).GetInt32(),
                Document = row.RootElement.TryGetProperty("record"u8, out var record) ? record.GetRawText() : null,
            };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"The row holds no stored record: {error.Message}", error);
        }
    }
}
