using System.Text.Json;

namespace Krewe.Bench.Drill.Record;

/// <summary>What the drill reads of a chunk, or of a whole answer.</summary>
internal sealed record Chunk
{
    private static readonly Chunk Invalid = new();

    public bool IsValid { get; private init; }

    /// <summary>Code and message of an error event.</summary>
    public string? Error { get; private init; }

    public string? AnswerId { get; private init; }

    public bool HasRole { get; private init; }

    public string Text { get; private init; } = "";

    public string? Finish { get; private init; }

    public int? UsageTokens { get; private init; }

    public ChunkSource? Source { get; private init; }

    public int Index { get; private init; }

    public int Tokens { get; private init; }

    public static Chunk Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root ? Read(root) : Invalid;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return Invalid;
        }
    }

    /// <summary>The contract's error: code and message; null where it is not in its shape.</summary>
    public static string? ErrorOf(JsonElement root) =>
        root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String
        && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
        && error.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            ? $"{code.GetString()}: {message.GetString()}"
            : null;

    private static Chunk Read(JsonElement root)
    {
        if (root.TryGetProperty("error", out _))
        {
            return ErrorOf(root) is { } error ? new Chunk { IsValid = true, Error = error } : Invalid;
        }

        if (!root.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array)
        {
            return Invalid;
        }

        var chunk = new Chunk { IsValid = true, AnswerId = String(root, "id"), UsageTokens = Usage(root) };
        if (choices.GetArrayLength() > 0)
        {
            var choice = choices[0];
            var part = choice.TryGetProperty("delta", out var delta) || choice.TryGetProperty("message", out delta) ? delta : choice;
            chunk = chunk with
            {
                HasRole = String(part, "role") is not null,
                Text = String(part, "content") ?? String(part, "text") ?? "",
                Finish = String(choice, "finish_reason"),
            };
        }

        return root.TryGetProperty("krewe_sim", out var sim) && sim.ValueKind == JsonValueKind.Object
            ? chunk with
            {
                Source = new ChunkSource(String(sim, "instance") ?? "", String(sim, "incarnation") ?? "", String(sim, "attempt")),
                Index = sim.TryGetProperty("index", out var index) ? index.GetInt32() : 0,
                Tokens = sim.TryGetProperty("tokens", out var tokens) ? tokens.GetInt32() : 0,
            }
            : chunk;
    }

    private static int? Usage(JsonElement root) =>
        root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty("completion_tokens", out var tokens)
            ? tokens.GetInt32()
            : null;

    private static string? String(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
