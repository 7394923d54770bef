using System.Text.Json;
using System.Text.Json.Serialization;

namespace Krewe.Client.Streaming;

/// <summary>A request and how far its answer has come, for going on with it in another process.</summary>
internal sealed record SavedRequest
{
    /// <summary>Of this form; others are refused.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public string? RequestId { get; init; }

    public int LastEvent { get; init; }

    public bool IsKrewe { get; init; }

    public required string Text { get; init; }

    public int? Tokens { get; init; }

    public bool HasReasoning { get; init; }

    public string? ResponseId { get; init; }

    public string? Model { get; init; }

    public long Created { get; init; }

    public string? Finish { get; init; }

    public bool IsDone { get; init; }

    /// <summary>The request's body; null where only its id is known.</summary>
    public string? Body { get; init; }

    public required KreweCall Call { get; init; }

    public static SavedRequest Of(StreamProgress progress, byte[]? body, KreweCall call)
    {
        // Pieces of a tool's call were not shown: whoever goes on needs them again, from their first.
        var isWithinCall = progress.Tools.Any() && progress.Finish is null;
        return new SavedRequest
        {
            RequestId = isWithinCall ? null : progress.RequestId,
            LastEvent = isWithinCall ? -1 : progress.LastEvent,
            IsKrewe = progress.IsKrewe,
            Text = progress.Text.ToString(),
            Tokens = progress.Tokens,
            HasReasoning = progress.HasReasoning,
            ResponseId = progress.ResponseId,
            Model = progress.Model,
            Created = progress.Created,
            Finish = progress.Finish,
            IsDone = progress.IsDone,
            Body = body is null ? null : System.Text.Encoding.UTF8.GetString(body),
            Call = call,
        };
    }

    /// <exception cref="FormatException">It is none, or of another version.</exception>
    public static SavedRequest Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SavedRequestJson.Default.SavedRequest) is { Version: CurrentVersion } saved
                ? saved
                : throw new FormatException("This is no request that this version of the client has saved.");
        }
        catch (JsonException error)
        {
            throw new FormatException("This is no saved request.", error);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, SavedRequestJson.Default.SavedRequest);

    public StreamProgress ToProgress()
    {
        var progress = new StreamProgress
        {
            RequestId = RequestId,
            LastRequestId = RequestId,
            LastEvent = LastEvent,
            IsKrewe = IsKrewe,
            Tokens = Tokens,
            HasReasoning = HasReasoning,
            ResponseId = ResponseId,
            Model = Model,
            Created = Created,
            Finish = Finish,
            IsDone = IsDone,
        };
        progress.Text.Append(Text);
        return progress;
    }
}

[JsonSerializable(typeof(SavedRequest))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
internal sealed partial class SavedRequestJson : JsonSerializerContext;
