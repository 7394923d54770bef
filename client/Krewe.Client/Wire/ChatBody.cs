using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Wire;

/// <summary>A chat as OpenAI's API has it, written once; the end of it is left open for what a later try adds.</summary>
internal static class ChatBody
{
    /// <summary>The key of <see cref="KreweCall"/> among a chat's additional properties.</summary>
    public const string CallKey = "krewe.call";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The whole body.</summary>
    /// <exception cref="ArgumentException">Something cannot be said in OpenAI's API.</exception>
    public static byte[] Write(IEnumerable<ChatMessage> messages, ChatOptions? options, string? model)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, options?.ModelId ?? model ?? throw new ArgumentException("A model is needed: in the options of the client, or of the call."));
            json.WriteStartArray("messages"u8);
            if (options?.Instructions is { Length: > 0 } instructions)
            {
                json.WriteStartObject();
                json.WriteString("role"u8, "system"u8);
                json.WriteString("content"u8, instructions);
                json.WriteEndObject();
            }

            foreach (var message in messages)
            {
                ChatMessageWriter.Write(json, message);
            }

            json.WriteEndArray();
            json.WriteBoolean("stream"u8, true);
            json.WriteStartObject("stream_options"u8);
            json.WriteBoolean("include_usage"u8, true);
            json.WriteEndObject();
            if (options is not null)
            {
                ChatOptionsWriter.Write(json, options);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The same, asking to go on behind a part of the answer.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="text">The part.</param>
    /// <param name="tokens">The tokens that this is; null = not known.</param>
    public static byte[] WriteResume(byte[] body, string text, int? tokens)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + text.Length + 64);
        output.Write(body.AsSpan(0, body.Length - 1));
        output.Write(",\"krewe\":"u8);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("resume"u8);
            json.WriteString("text"u8, text);
            if (tokens is { } known)
            {
                json.WriteNumber("tokens"u8, known);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }
}
