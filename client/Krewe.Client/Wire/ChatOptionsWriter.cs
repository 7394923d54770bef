using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Wire;

/// <summary>Writes the options of a chat; those that nobody set are left out.</summary>
internal static class ChatOptionsWriter
{
    private static readonly HashSet<string> Ours = ["model", "messages", "stream", "stream_options", "krewe", ChatBody.CallKey];

    public static void Write(Utf8JsonWriter json, ChatOptions options)
    {
        Number(json, "max_tokens", options.MaxOutputTokens);
        Number(json, "temperature", options.Temperature);
        Number(json, "top_p", options.TopP);
        Number(json, "top_k", options.TopK);
        Number(json, "frequency_penalty", options.FrequencyPenalty);
        Number(json, "presence_penalty", options.PresencePenalty);
        if (options.Seed is { } seed)
        {
            json.WriteNumber("seed"u8, seed);
        }

        if (options.StopSequences is { Count: > 0 } stops)
        {
            json.WriteStartArray("stop"u8);
            foreach (var stop in stops)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }

        WriteFormat(json, options.ResponseFormat);
        WriteTools(json, options);
        foreach (var (name, value) in options.AdditionalProperties ?? [])
        {
            if (!Ours.Contains(name))
            {
                JsonValues.Write(json, name, value);
            }
        }
    }

    private static void Number(Utf8JsonWriter json, string name, float? value)
    {
        if (value is { } set)
        {
            json.WriteNumber(name, set);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } set)
        {
            json.WriteNumber(name, set);
        }
    }

    private static void WriteFormat(Utf8JsonWriter json, ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson asked)
        {
            return;
        }

        json.WriteStartObject("response_format"u8);
        if (asked.Schema is { } schema)
        {
            json.WriteString("type"u8, "json_schema"u8);
            json.WriteStartObject("json_schema"u8);
            json.WriteString("name"u8, asked.SchemaName ?? "answer");
            if (asked.SchemaDescription is { } description)
            {
                json.WriteString("description"u8, description);
            }

            json.WritePropertyName("schema"u8);
            schema.WriteTo(json);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("type"u8, "json_object"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, ChatOptions options)
    {
        if (options.Tools is not { Count: > 0 } tools)
        {
            return;
        }

        json.WriteStartArray("tools"u8);
        foreach (var tool in tools)
        {
            if (tool is not AIFunctionDeclaration function)
            {
                throw new ArgumentException($"The tool '{tool.Name}' is no function: others cannot be sent.");
            }

            json.WriteStartObject();
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, function.Name);
            json.WriteString("description"u8, function.Description);
            json.WritePropertyName("parameters"u8);
            function.JsonSchema.WriteTo(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        switch (options.ToolMode)
        {
            case NoneChatToolMode:
                json.WriteString("tool_choice"u8, "none"u8);
                break;
            case RequiredChatToolMode { RequiredFunctionName: { } name }:
                json.WriteStartObject("tool_choice"u8);
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
                json.WriteString("name"u8, name);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case RequiredChatToolMode:
                json.WriteString("tool_choice"u8, "required"u8);
                break;
            default:
                break;
        }

        if (options.AllowMultipleToolCalls is { } many)
        {
            json.WriteBoolean("parallel_tool_calls"u8, many);
        }
    }
}
