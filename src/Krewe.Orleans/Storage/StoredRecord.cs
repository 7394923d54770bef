using System.Text.Json;
using Krewe.Fleet.Storage;

namespace Krewe.Orleans.Storage;

/// <summary>What grain storage keeps of an actor: its record as a JSON document, the same on every host, in a versioned envelope.</summary>
[GenerateSerializer]
[Alias("krewe.stored-record")]
[Immutable]
internal sealed class StoredRecord
{
    /// <summary>The envelope's version. It rises only if a document is written in a way that its readers so far would get wrong.</summary>
    public const int CurrentVersion = 1;

    [Id(0)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>JSON by <see cref="StateJson"/>; null in an envelope that was never written.</summary>
    [Id(1)]
    public string? Document { get; init; }

    public static StoredRecord Of<TRecord>(TRecord record)
        where TRecord : class => new() { Document = JsonSerializer.Serialize(record, StateJson.Options) };

    /// <summary>The record; null where there is none.</summary>
    /// <exception cref="InvalidDataException">It was written in a way that this release does not know, or is damaged.</exception>
    public TRecord? Read<TRecord>()
        where TRecord : class
    {
        if (Version != CurrentVersion)
        {
            throw new InvalidDataException($"The stored record has version {Version}; this release reads {CurrentVersion}.");
        }

        try
        {
            return Document is null ? null : JsonSerializer.Deserialize<TRecord>(Document, StateJson.Options);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"The stored record is not a {typeof(TRecord).Name}: {error.Message}", error);
        }
    }
}
