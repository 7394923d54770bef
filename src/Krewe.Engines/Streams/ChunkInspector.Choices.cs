using System.Text.Json;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

public static partial class ChunkInspector
{
    /// <summary>Where the words stand that are not OpenAI's. Called for the rare chunk that has one.</summary>
    internal static List<(ByteRange Range, FinishReason Reason)> FindForeignFinishes(ReadOnlySpan<byte> data)
    {
        var found = new List<(ByteRange, FinishReason)>();
        var reader = new Utf8JsonReader(data);
        var inChoices = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            // Depth: 1 = fields of the object, 3 = fields of a choice.
            if (reader.CurrentDepth == 1)
            {
                inChoices = Is(ref reader, "choices"u8);
            }
            else if (inChoices && reader.CurrentDepth == 3 && Is(ref reader, "finish_reason"u8))
            {
                var range = ReadValue(ref reader);
                if (reader.TokenType == JsonTokenType.String && !FinishReasons.IsOpenAI(reader.ValueSpan))
                {
                    found.Add((range, FinishReasons.Parse(reader.ValueSpan)));
                }
            }
        }

        return found;
    }

    private static void ReadChoices(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            chunk.ChoiceCount++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            ReadChoice(ref reader, ref chunk);
        }
    }

    private static void ReadChoice(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "delta"u8) || Is(ref reader, "message"u8))
            {
                reader.Read();
                ReadDelta(ref reader, ref chunk);
            }
            else if (Is(ref reader, "text"u8))
            {
                ReadText(ref reader, ref chunk);
            }
            else if (Is(ref reader, "finish_reason"u8))
            {
                reader.Read();
                ReadFinish(ref reader, ref chunk);
            }
            else if (Is(ref reader, "token_ids"u8))
            {
                var ids = ReadArray(ref reader);
                chunk.TokenIds = chunk.TokenIds.IsEmpty ? ids : chunk.TokenIds;
            }
            else if (Is(ref reader, "prompt_token_ids"u8))
            {
                chunk.PromptTokenIds = ReadArray(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void ReadDelta(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "content"u8))
            {
                ReadText(ref reader, ref chunk);
            }
            else if (Is(ref reader, "role"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                {
                    chunk.Role = chunk.HasRole ? chunk.Role : SkipValue(ref reader);
                    chunk.HasRole = true;
                }

                reader.Skip();
            }
            else if (Is(ref reader, "reasoning_content"u8) || Is(ref reader, "reasoning"u8))
            {
                reader.Read();
                chunk.HasReasoning |= reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty;
                reader.Skip();
            }
            else if (Is(ref reader, "tool_calls"u8))
            {
                reader.Read();
                var start = reader.TokenStartIndex;
                var isArray = reader.TokenType == JsonTokenType.StartArray;
                reader.Skip();
                chunk.HasToolCall |= isArray && reader.BytesConsumed - start > "[{}".Length;
            }
            else if (Is(ref reader, "function_call"u8))
            {
                reader.Read();
                chunk.HasToolCall |= reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void ReadText(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty)
        {
            reader.Skip();
            return;
        }

        chunk.HasText = true;
        if (chunk.Text.IsEmpty)
        {
            chunk.Text = SkipValue(ref reader);
        }
    }

    private static void ReadFinish(ref Utf8JsonReader reader, ref StreamChunk chunk)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return;
        }

        var reason = FinishReasons.Parse(reader.ValueSpan);
        chunk.HasForeignFinish |= !FinishReasons.IsOpenAI(reader.ValueSpan);
        if (chunk.Finish != FinishReason.Failed)
        {
            chunk.Finish = reason;
        }
    }
}
