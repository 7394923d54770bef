using Krewe.Gateway.Access;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Control.Access;

/// <summary>
/// Tokens in a file of their own, which may change while the silo runs:
/// <c>{"operators":["SHA-256"],"engines":[{"sha256":…,"pool":…,"name":…}]}</c>.
/// </summary>
public static class ControlTokensFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Follows the file that the options name, if any.</summary>
    /// <param name="access">What knows the tokens.</param>
    /// <param name="options">Valid ones.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes are told.</param>
    public static FollowedFile Follow(ControlAccess access, ControlOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(access);
        ArgumentNullException.ThrowIfNull(options);
        return new FollowedFile(options.TokensFile, MaxBytes, Apply, time, logger);

        void Apply(byte[] json)
        {
            var (engines, operators) = Parse(json);
            if (engines.Count + options.EngineTokens.Count > ControlOptions.MaxTokens || operators.Count + options.OperatorTokens.Count > ControlOptions.MaxTokens)
            {
                throw new InvalidDataException($"There may be {ControlOptions.MaxTokens} tokens of engines, and as many of operators.");
            }

            access.Replace(options.EngineTokens.Concat(engines), options.OperatorTokens.Concat(operators));
        }
    }

    /// <summary>The tokens of a file.</summary>
    /// <exception cref="InvalidDataException">They cannot be; the message says which and why, and holds no hash.</exception>
    internal static (IReadOnlyList<EngineToken> Engines, IReadOnlyList<string> Operators) Parse(ReadOnlySpan<byte> json)
    {
        var file = CredentialsJson.Read<Document>(json);
        var (engines, operators) = (file?.Engines ?? [], file?.Operators ?? []);
        CredentialsJson.ThrowIfAny(Validate(engines, "engines").Concat(Validate(operators, "operators")));
        return (engines, operators);
    }

    /// <summary>What is wrong with engines' tokens; each message begins with the path of one.</summary>
    internal static IEnumerable<string> Validate(IEnumerable<EngineToken?> tokens, string path)
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
    internal static IEnumerable<string> Validate(IEnumerable<string?> tokens, string path) =>
        tokens.Index().Where(token => !BearerToken.IsHash(token.Item)).Select(token => $"{path}:{token.Index}: must be 64 hex digits, the SHA-256 of the token.");

    private sealed class Document
    {
        public IReadOnlyList<EngineToken>? Engines { get; set; }

        public IReadOnlyList<string>? Operators { get; set; }
    }
}
