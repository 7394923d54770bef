using System.Text.Json.Serialization;

namespace Krewe.Client;

/// <summary>How a request stands.</summary>
public sealed record KreweRequestDescription
{
    /// <summary>The service's id.</summary>
    public required string Id { get; init; }

    /// <summary>The model as it was asked for.</summary>
    public required string Model { get; init; }

    /// <summary><c>Admitted</c>, <c>Queued</c>, <c>Bound</c>, <c>Prefilling</c>, <c>Decoding</c>, <c>Completed</c>, <c>Failed</c>, <c>Cancelled</c>.</summary>
    public required string State { get; init; }

    /// <summary>How it ended: <c>completed</c>, or the code of an error; null while it runs.</summary>
    public string? Outcome { get; init; }

    /// <summary>From its admission to now or to its end, milliseconds.</summary>
    public double AgeMs { get; init; }

    /// <summary>What is left of its time, milliseconds.</summary>
    public double DeadlineRemainingMs { get; init; }

    /// <summary>On how many bindings of engines it ran.</summary>
    public int Attempts { get; init; }

    /// <summary>Tokens of its answer so far.</summary>
    public long TokensSent { get; init; }

    /// <summary>Whether its stream can be read on by its id.</summary>
    public bool Resumable { get; init; }
}

[JsonSerializable(typeof(KreweRequestDescription))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class KreweRequestDescriptionJson : JsonSerializerContext;
