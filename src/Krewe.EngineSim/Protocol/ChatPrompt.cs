using System.Buffers;
using System.Text;
using System.Text.Json;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>
/// Renders <c>messages</c> to a prompt: <c>&lt;|role|&gt;</c>, line feed, content, line feed for each, then
/// <c>&lt;|assistant|&gt;</c> and a line feed for the answer, or the partial answer left open.
/// </summary>
internal sealed class ChatPrompt(ChatTemplate template)
{
    /// <summary>What <see cref="ChatTemplate.Inserts"/> has between the answer's header and the answer.</summary>
    private const string EmptyThinking = "<think>\n\n</think>\n\n";

    private readonly List<(string Role, string Content)> _messages = [];

    public bool AddGenerationPrompt { get; set; } = true;

    public bool ContinueFinalMessage { get; set; }

    public void ReadMessages(ref Utf8JsonReader json)
    {
        _messages.Clear();
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw JsonFields.Wrong("messages", "an array of messages");
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw JsonFields.Wrong($"messages[{_messages.Count}]", "an object");
            }

            ReadMessage(ref json);
        }
    }

    /// <summary>The prompt's token ids; none where there are no messages.</summary>
    public int[] Render()
    {
        if (AddGenerationPrompt && ContinueFinalMessage)
        {
            throw EngineErrorException.Bad("Cannot set both `continue_final_message` and `add_generation_prompt` to True.", "continue_final_message");
        }

        if (_messages.Count == 0)
        {
            return [];
        }

        if (ContinueFinalMessage && _messages[^1].Role != "assistant")
        {
            throw EngineErrorException.Bad("continue_final_message needs a last message of role assistant.", "messages");
        }

        var text = new StringBuilder();
        for (var i = 0; i < _messages.Count; i++)
        {
            var (role, content) = _messages[i];
            text.Append("<|").Append(role).Append("|>\n").Append(template == ChatTemplate.Trims ? content.Trim() : content);
            if (!ContinueFinalMessage || i < _messages.Count - 1)
            {
                text.Append('\n');
            }
        }

        if (AddGenerationPrompt)
        {
            text.Append("<|assistant|>\n").Append(template == ChatTemplate.Inserts ? EmptyThinking : "");
        }

        return Encode(text);
    }

    private static int[] Encode(StringBuilder text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            var length = 0;
            foreach (var chunk in text.GetChunks())
            {
                // A surrogate pair may lie across chunks of the builder: then all of it at once.
                if (chunk.Length > 0 && char.IsHighSurrogate(chunk.Span[^1]))
                {
                    return SimTokenizer.Encode(text.ToString());
                }

                length += Encoding.UTF8.GetBytes(chunk.Span, buffer.AsSpan(length));
            }

            return SimTokenizer.Encode(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ReadMessage(ref Utf8JsonReader json)
    {
        string? role = null;
        var content = "";
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("role"u8))
            {
                role = JsonFields.OptionalString(ref json, $"messages[{_messages.Count}].role");
            }
            else if (json.ValueTextEquals("content"u8))
            {
                content = ReadContent(ref json);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        if (string.IsNullOrEmpty(role))
        {
            throw JsonFields.Wrong($"messages[{_messages.Count}].role", "a role");
        }

        _messages.Add((role, content));
    }

    private string ReadContent(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            return json.GetString()!;
        }

        if (json.TokenType == JsonTokenType.Null)
        {
            return "";
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw JsonFields.Wrong($"messages[{_messages.Count}].content", "a string or an array of parts");
        }

        var text = new StringBuilder();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw JsonFields.Wrong($"messages[{_messages.Count}].content", "an array of objects");
            }

            ReadPart(ref json, text);
        }

        return text.ToString();
    }

    private void ReadPart(ref Utf8JsonReader json, StringBuilder into)
    {
        var type = "text";
        string? text = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("type"u8))
            {
                type = JsonFields.OptionalString(ref json, $"messages[{_messages.Count}].content.type") ?? "text";
            }
            else if (json.ValueTextEquals("text"u8))
            {
                text = JsonFields.OptionalString(ref json, $"messages[{_messages.Count}].content.text");
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        into.Append(text ?? $"<|{type}|>");
    }
}
