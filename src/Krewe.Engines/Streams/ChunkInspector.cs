using System.Text.Json;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>
/// One forward look at a payload of an OpenAI stream, or at a whole reply (whose <c>message</c> reads like a
/// <c>delta</c>). No allocation unless the payload is not JSON.
/// </summary>
public static partial class ChunkInspector
{
    public static StreamChunk Inspect(ReadOnlySpan<byte> data)
    {
        var chunk = new StreamChunk { PromptTokens = -1, CompletionTokens = -1 };
        if (data.SequenceEqual("[DONE]"u8))
        {
            chunk.Kind = ChunkKind.Done;
            return chunk;
        }

        try
        {
            var reader = new Utf8JsonReader(data);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                chunk.Kind = data.Trim(" \t\r\n"u8).SequenceEqual("[DONE]"u8) ? ChunkKind.Done : ChunkKind.Malformed;
                return chunk;
            }

            ReadTop(ref reader, ref chunk);
            reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            chunk = new StreamChunk
            {
                PromptTokens = -1,
                CompletionTokens = -1,
                Kind = data.Trim(" \t\r\n"u8).SequenceEqual("[DONE]"u8) ? ChunkKind.Done : ChunkKind.Malformed,
            };
        }

        return chunk;
    }

    private static void ReadTop(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        var hasChoices = false;
        var hasMessage = false;
        var hasCode = false;
        var isError = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "choices"u8))
            {
                reader.Read();
                hasChoices = reader.TokenType == JsonTokenType.StartArray;
                ReadChoices(ref reader, ref chunk);
            }
            else if (Is(ref reader, "id"u8))
            {
                chunk.Id = ReadValue(ref reader);
            }
            else if (Is(ref reader, "created"u8))
            {
                chunk.Created = ReadValue(ref reader);
            }
            else if (Is(ref reader, "model"u8))
            {
                chunk.Model = ReadValue(ref reader);
            }
            else if (Is(ref reader, "object"u8))
            {
                reader.Read();
                isError |= reader.TokenType == JsonTokenType.String && Is(ref reader, "error"u8);
                reader.Skip();
            }
            else if (Is(ref reader, "usage"u8))
            {
                chunk.UsageNameStart = (int)reader.TokenStartIndex;
                reader.Read();
                ReadUsage(ref reader, ref chunk);
            }
            else if (Is(ref reader, "error"u8))
            {
                reader.Read();
                isError |= reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False);
                reader.Skip();
            }
            else if (Is(ref reader, "prompt_token_ids"u8))
            {
                chunk.PromptTokenIds = ReadArray(ref reader);
            }
            else if (Is(ref reader, "kv_transfer_params"u8))
            {
                reader.Read();
                var isObject = reader.TokenType == JsonTokenType.StartObject;
                var range = SkipValue(ref reader);
                chunk.KvTransferParams = isObject ? range : default;
            }
            else
            {
                hasMessage |= Is(ref reader, "message"u8);
                hasCode |= Is(ref reader, "code"u8);
                reader.Read();
                reader.Skip();
            }
        }

        chunk.Kind = isError || (hasMessage && hasCode && !hasChoices) ? ChunkKind.Error
            : chunk.ChoiceCount > 0 ? ChunkKind.Choices
            : hasChoices ? ChunkKind.UsageOnly
            : ChunkKind.Other;
    }

    private static void ReadUsage(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "prompt_tokens"u8))
            {
                chunk.PromptTokens = ReadCount(ref reader);
            }
            else if (Is(ref reader, "completion_tokens"u8))
            {
                chunk.CompletionTokens = ReadCount(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        chunk.Usage = ByteRange.Between(start, (int)reader.BytesConsumed);
    }

    private static int ReadCount(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var count) && count >= 0)
        {
            return count;
        }

        reader.Skip();
        return -1;
    }

    private static ByteRange ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        return SkipValue(ref reader);
    }

    /// <summary>Empty if it is no array.</summary>
    private static ByteRange ReadArray(ref Utf8JsonReader reader)
    {
        reader.Read();
        var isArray = reader.TokenType == JsonTokenType.StartArray;
        var range = SkipValue(ref reader);
        return isArray ? range : default;
    }

    private static ByteRange SkipValue(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return ByteRange.Between(start, (int)reader.BytesConsumed);
    }

    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) =>
        reader.ValueIsEscaped ? reader.ValueTextEquals(text) : reader.ValueSpan.SequenceEqual(text);
}
