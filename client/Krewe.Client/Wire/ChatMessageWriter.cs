using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Wire;

/// <summary>Writes the messages of a chat.</summary>
internal static class ChatMessageWriter
{
    public static void Write(Utf8JsonWriter json, ChatMessage message)
    {
        if (message.Role == ChatRole.Tool)
        {
            foreach (var result in message.Contents.OfType<FunctionResultContent>())
            {
                json.WriteStartObject();
                json.WriteString("role"u8, "tool"u8);
                json.WriteString("tool_call_id"u8, result.CallId);
                json.WriteString("content"u8, result.Result as string ?? JsonValues.Text(result.Result));
                json.WriteEndObject();
            }

            return;
        }

        json.WriteStartObject();
        json.WriteString("role"u8, message.Role.Value);
        if (message.AuthorName is { Length: > 0 } name)
        {
            json.WriteString("name"u8, name);
        }

        WriteContent(json, message);
        WriteCalls(json, message.Contents.OfType<FunctionCallContent>());
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, ChatMessage message)
    {
        // What an engine reasoned is not sent back to it.
        var shown = message.Contents.Where(content => content is TextContent or DataContent or UriContent).ToList();
        if (shown.TrueForAll(content => content is TextContent))
        {
            if (shown.Count > 0 || message.Role != ChatRole.Assistant)
            {
                json.WriteString("content"u8, string.Concat(shown.Cast<TextContent>().Select(text => text.Text)));
            }
            else
            {
                json.WriteNull("content"u8);
            }

            return;
        }

        json.WriteStartArray("content"u8);
        foreach (var content in shown)
        {
            json.WriteStartObject();
            switch (content)
            {
                case TextContent text:
                    json.WriteString("type"u8, "text"u8);
                    json.WriteString("text"u8, text.Text);
                    break;
                case DataContent data when data.HasTopLevelMediaType("image"):
                    WriteImage(json, data.Uri);
                    break;
                case UriContent uri when uri.HasTopLevelMediaType("image"):
                    WriteImage(json, uri.Uri.ToString());
                    break;
                default:
                    throw new ArgumentException($"A message has content of a kind that cannot be sent: {content.GetType().Name}.");
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter json, string url)
    {
        json.WriteString("type"u8, "image_url"u8);
        json.WriteStartObject("image_url"u8);
        json.WriteString("url"u8, url);
        json.WriteEndObject();
    }

    private static void WriteCalls(Utf8JsonWriter json, IEnumerable<FunctionCallContent> calls)
    {
        var any = false;
        foreach (var call in calls)
        {
            if (!any)
            {
                any = true;
                json.WriteStartArray("tool_calls"u8);
            }

            json.WriteStartObject();
            json.WriteString("id"u8, call.CallId);
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, call.Name);
            json.WriteString("arguments"u8, JsonValues.Text(call.Arguments));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (any)
        {
            json.WriteEndArray();
        }
    }
}
