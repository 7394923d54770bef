using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Gateway.Access;

namespace Krewe.Gateway.Control.Access;

/// <summary>
/// Tokens in a file of their own, which may change while the silo runs:
/// <c>{"operators":["SHA-256"],"engines":[{"sha256":…,"pool":…,"name":…}]}</c>.
/// </summary>
internal static class ControlTokensFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 8,
    };

    /// <summary>The tokens of a file.</summary>
    /// <exception cref="InvalidDataException">They cannot be; the message says which and why, and holds no hash.</exception>
    public static (IReadOnlyList<EngineToken> Engines, IReadOnlyList<string> Operators) Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var file = JsonSerializer.Deserialize<Document>(json, Json);
            var (engines, operators) = (file?.Engines ?? [], file?.Operators ?? []);
            var errors = Validate(engines, "engines").Concat(Validate(operators, "operators")).ToList();
            return errors.Count == 0 ? (engines, operators) : throw new InvalidDataException(string.Join(" ", errors));
        }
        catch (JsonException error)
        {
            throw new InvalidDataException(error.Path is { } path ? $"{path}: is not as it should be (line {error.LineNumber + 1})." : "is not JSON.", error);
        }
    }

    /// <summary>What is wrong with engines' tokens; each message begins with the path of one.</summary>
    public static IEnumerable<string> Validate(IEnumerable<EngineToken?> tokens, string path)
    {
        foreach (var (i, token) in tokens.Index())
        {
            if (token is null)
            {
                yield return $"{path}:{i}: must be an object.";
                continue;
            }

            if (!BearerToken.IsHash(token.Sha256))
            {
                yield return $"{path}:{i}:{nameof(token.Sha256)}: must be 64 hex digits, the SHA-256 of the token.";
            }

            foreach (var (key, pattern) in new[] { (nameof(token.Pool), token.Pool), (nameof(token.Name), token.Name) })
            {
                if (!NamePattern.TryParse(pattern, out _))
                {
                    yield return $"{path}:{i}:{key}: must be a name, or a beginning of names followed by *.";
                }
            }
        }
    }

    /// <summary>What is wrong with operators' tokens; each message begins with the path of one.</summary>
    public static IEnumerable<string> Validate(IEnumerable<string?> tokens, string path) =>
        tokens.Index().Where(token => !BearerToken.IsHash(token.Item)).Select(token => $"{path}:{token.Index}: must be 64 hex digits, the SHA-256 of the token.");

    private sealed class Document
    {
        public IReadOnlyList<EngineToken>? Engines { get; set; }

        public IReadOnlyList<string>? Operators { get; set; }
    }
}
