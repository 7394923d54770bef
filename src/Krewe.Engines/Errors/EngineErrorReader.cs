using System.Globalization;
using System.Text.Json;

namespace Krewe.Engines.Errors;

/// <summary>Reads the error bodies of engines: nested as OpenAI's, flat as vLLM's and SGLang's, FastAPI's <c>detail</c>, or no JSON at all.</summary>
public static class EngineErrorReader
{
    /// <summary>How much of an error body is worth reading, in bytes.</summary>
    public const int MaxBodyBytes = 64 << 10;

    /// <summary>The longest message that is passed on, in characters.</summary>
    public const int MaxMessageLength = 1000;

    private const int MaxWordLength = 128;

    /// <summary>Where validators begin to quote the request, prompt and all.</summary>
    private static readonly string[] Quotes = ["'input':", "\"input\":", "input_value=", "'ctx':", "'body':"];

    /// <summary>Reads the body of an answer with an error status. Never fails: a body that says nothing gives a message that says so.</summary>
    public static EngineError Read(ReadOnlySpan<byte> body, int status)
    {
        var fields = default(Fields);
        return TryReadFields(body, ref fields) && fields.Message is not null
            ? ToError(fields, status)
            : new EngineError($"The engine answered with status {status} and no readable error.", TypeFor(status), null, CodeFor(status, null), status);
    }

    /// <summary>Reads an error event inside a stream, under HTTP 200.</summary>
    public static EngineError ReadEvent(ReadOnlySpan<byte> data)
    {
        var fields = default(Fields);
        TryReadFields(data, ref fields);
        var status = fields.NumericCode is >= 400 and <= 599 ? (int)fields.NumericCode : 502;
        fields.Message ??= "The engine failed inside the stream.";
        return ToError(fields, status);
    }

    /// <summary>The code of the contract that goes with a status.</summary>
    public static string CodeFor(int status, string? message) => status switch
    {
        400 or 422 when message?.Contains("maximum context length", StringComparison.OrdinalIgnoreCase) == true => "context_length_exceeded",
        401 => "invalid_api_key",
        403 => "forbidden",
        404 => "model_not_found",
        408 or 504 => "deadline_exceeded",
        413 => "request_too_large",
        429 => "rate_limited",
        503 => "overloaded",
        >= 400 and < 500 => "invalid_request",
        _ => "engine_error",
    };

    private static string TypeFor(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 400 and < 500 => "invalid_request_error",
        _ => "server_error",
    };

    private static EngineError ToError(in Fields fields, int status)
    {
        var message = Clean(fields.Message!);
        return new EngineError(
            message.Length > 0 ? message : $"The engine answered with status {status}.",
            Word(fields.Type) ?? TypeFor(status),
            Word(fields.Param),
            Word(fields.Code)
                ?? (fields.NumericCode is { } number && number != status ? number.ToString(CultureInfo.InvariantCulture) : CodeFor(status, message)),
            status);
    }

    private static bool TryReadFields(ReadOnlySpan<byte> body, ref Fields fields)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            ReadObject(ref reader, ref fields, isNested: false);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void ReadObject(ref Utf8JsonReader reader, ref Fields fields, bool isNested)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "error" when !isNested && reader.TokenType == JsonTokenType.StartObject:
                    fields = default;
                    ReadObject(ref reader, ref fields, isNested: true);
                    break;
                case "error" or "detail" when !isNested:
                    fields.Message ??= ReadString(ref reader);
                    break;
                case "message":
                    fields.Message = ReadString(ref reader) ?? fields.Message;
                    break;
                case "type":
                    fields.Type = ReadString(ref reader);
                    break;
                case "param":
                    fields.Param = ReadString(ref reader);
                    break;
                case "code" when reader.TokenType == JsonTokenType.Number:
                    fields.NumericCode = reader.TryGetInt64(out var number) ? number : null;
                    break;
                case "code":
                    fields.Code = ReadString(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    private static string? Word(string? text) =>
        string.IsNullOrWhiteSpace(text) ? null : text.Length > MaxWordLength ? text[..MaxWordLength] : text;

    private static string Clean(string message)
    {
        foreach (var quote in Quotes)
        {
            var at = message.IndexOf(quote, StringComparison.Ordinal);
            if (at >= 0)
            {
                message = message[..at].TrimEnd(' ', ',', '{', '[', '(') + " …";
            }
        }

        if (message.Length <= MaxMessageLength)
        {
            return message;
        }

        // Not between the halves of a character.
        var end = char.IsHighSurrogate(message[MaxMessageLength - 1]) ? MaxMessageLength - 1 : MaxMessageLength;
        return message[..end] + " …";
    }

    private struct Fields
    {
        public string? Message;
        public string? Type;
        public string? Param;
        public string? Code;
        public long? NumericCode;
    }
}
