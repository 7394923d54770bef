using Krewe.Gateway.Access;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client.Access;

/// <summary>Keys in a file of their own: <c>{"keys":[{"id":…,"sha256":…}]}</c>, which may change while the silo runs.</summary>
public static class ClientKeysFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Follows the file that the options name, if any.</summary>
    /// <param name="access">What knows the keys.</param>
    /// <param name="options">Valid ones.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes are told.</param>
    public static FollowedFile Follow(ClientAccess access, ClientPortOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(access);
        ArgumentNullException.ThrowIfNull(options);
        return new FollowedFile(options.KeysFile, MaxBytes, json => access.Replace(Parse(json, options.Keys)), time, logger);
    }

    /// <summary>The keys of a file, and of the configuration beside it.</summary>
    /// <param name="json">The file.</param>
    /// <param name="configured">Keys from elsewhere.</param>
    /// <exception cref="InvalidDataException">They cannot be; the message says which and why, and holds no hash.</exception>
    public static IReadOnlyList<ClientKeyOptions> Parse(ReadOnlySpan<byte> json, IEnumerable<ClientKeyOptions> configured)
    {
        var keys = CredentialsJson.Read<Document>(json)?.Keys ?? [];
        var all = configured.Concat(keys).ToList();
        CredentialsJson.ThrowIfAny([.. Validate(keys, "keys"), .. Duplicates(all)]);
        return all.Count <= ClientPortOptions.MaxKeys ? all : throw new InvalidDataException($"There may be {ClientPortOptions.MaxKeys} keys.");
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
