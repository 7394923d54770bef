using System.Text.Json;
using System.Text.Json.Serialization;

namespace Krewe.Gateway.Client.Access;

/// <summary>Keys in a file of their own: <c>{"keys":[{"id":…,"sha256":…}]}</c>, which may change while the silo runs.</summary>
public static class ClientKeysFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 8,
    };

    /// <summary>The keys of a file, and of the configuration beside it; or everything that is wrong with them.</summary>
    /// <param name="json">The file.</param>
    /// <param name="configured">Keys from elsewhere.</param>
    /// <param name="errors">Empty if nothing is wrong. No message holds a hash.</param>
    public static IReadOnlyList<ClientKeyOptions> Parse(ReadOnlySpan<byte> json, IEnumerable<ClientKeyOptions> configured, out IReadOnlyList<string> errors)
    {
        try
        {
            var file = JsonSerializer.Deserialize<Document>(json, Json);
            IReadOnlyList<ClientKeyOptions> keys = file?.Keys ?? [];
            var all = configured.Concat(keys).ToList();
            errors = [.. Validate(keys, "keys"), .. Duplicates(all)];
            return all;
        }
        catch (JsonException error)
        {
            errors = [error.Path is { } path ? $"{path}: is not as it should be (line {error.LineNumber + 1})." : "is not JSON."];
            return [];
        }
    }

    internal static IEnumerable<string> Validate(IReadOnlyList<ClientKeyOptions> keys, string path) =>
        keys.SelectMany((key, index) => key is null ? [$"{path}:{index}: must be an object."] : key.Validate($"{path}:{index}"));

    internal static IEnumerable<string> Duplicates(IEnumerable<ClientKeyOptions> keys) =>
        keys.Where(key => key is not null)
            .GroupBy(key => key.Id, StringComparer.Ordinal)
            .Where(group => group.Count() > 1)
            .Select(group => $"Two keys have the id '{group.Key}'.");

    private sealed class Document
    {
        public IReadOnlyList<ClientKeyOptions>? Keys { get; set; }
    }
}
