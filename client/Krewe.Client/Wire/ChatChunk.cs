using System.Text.Json;

namespace Krewe.Client.Wire;

/// <summary>One chunk of a chat's stream.</summary>
internal sealed class ChatChunk
{
    public string? Id { get; init; }

    public string? Model { get; init; }

    /// <summary>Seconds of Unix time; 0 = not told.</summary>
    public long Created { get; init; }

    public bool HasRole { get; init; }

    public string Text { get; init; } = "";

    public string Reasoning { get; init; } = "";

    public IReadOnlyList<ToolPiece> Tools { get; init; } = [];

    public string? Finish { get; init; }

    /// <summary>Tokens of the prompt and of the answer so far; null = not told.</summary>
    public (int Prompt, int Completion)? Usage { get; init; }

    /// <exception cref="JsonException">It is no chunk.</exception>
    public static ChatChunk Parse(ReadOnlyMemory<byte> data)
    {
        using var document = JsonDocument.Parse(data);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("A chunk must be an object.");
        }

        JsonElement delta = default;
        string? finish = null;
        if (root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0)
        {
            finish = Read(choices[0], "finish_reason");
            choices[0].TryGetProperty("delta", out delta);
        }

        return new ChatChunk
        {
            Id = Read(root, "id"),
            Model = Read(root, "model"),
            Created = root.TryGetProperty("created", out var created) && created.TryGetInt64Safe(out var seconds) ? seconds : 0,
            HasRole = Read(delta, "role") is not null,
            Text = Read(delta, "content") ?? "",
            Reasoning = Read(delta, "reasoning_content") ?? Read(delta, "reasoning") ?? "",
            Tools = ToolsOf(delta),
            Finish = finish,
            Usage = UsageOf(root),
        };
    }

    private static List<ToolPiece> ToolsOf(JsonElement delta)
    {
        List<ToolPiece> pieces = [];
        if (delta.ValueKind == JsonValueKind.Object && delta.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            foreach (var call in calls.EnumerateArray())
            {
                var function = call.TryGetProperty("function", out var found) ? found : default;
                var index = call.TryGetProperty("index", out var told) && told.TryGetInt64Safe(out var number) ? (int)number : pieces.Count;
                pieces.Add(new ToolPiece(index, Read(call, "id"), Read(function, "name"), Read(function, "arguments") ?? ""));
            }
        }

        return pieces;
    }

    private static (int, int)? UsageOf(JsonElement root) =>
        root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
        && usage.TryGetProperty("prompt_tokens", out var prompt) && prompt.TryGetInt64Safe(out var first)
        && usage.TryGetProperty("completion_tokens", out var completion) && completion.TryGetInt64Safe(out var second)
            ? ((int)first, (int)second)
            : null;

    private static string? Read(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
