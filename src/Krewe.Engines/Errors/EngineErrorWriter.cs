using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Krewe.Engines.Errors;

/// <summary>Writes an error as OpenAI's clients expect it: nested, and <c>code</c> a string.</summary>
public static class EngineErrorWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>{"error":{"message":…,"type":…,"param":…,"code":…}}</c>.</summary>
    public static void Write(IBufferWriter<byte> output, EngineError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("type"u8, error.Type);
        writer.WriteString("param"u8, error.Param);
        writer.WriteString("code"u8, error.Code);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
