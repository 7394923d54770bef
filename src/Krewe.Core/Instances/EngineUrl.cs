using System.Diagnostics.CodeAnalysis;

namespace Krewe.Core.Instances;

/// <summary>What an engine's address may look like: an absolute http or https URL without user, query or fragment.</summary>
public static class EngineUrl
{
    /// <summary>The longest URL, in characters.</summary>
    public const int MaxLength = 2048;

    /// <summary>The rule in words, for error messages.</summary>
    public const string Description = "an absolute http or https URL in ASCII without user, query or fragment";

    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? url)
    {
        url = null;

        // Spaces at the ends, back slashes and an empty query are what the parser would forgive.
        if (text is not { Length: > 0 and <= MaxLength } || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().ContainsAny('\\', '?', '#'))
        {
            return false;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed)
            || (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps)
            || parsed.Host.Length == 0
            || parsed.Port <= 0
            || parsed.UserInfo.Length > 0)
        {
            return false;
        }

        url = parsed;
        return true;
    }
}
