using System.Net.Http.Headers;
using System.Text;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Access;

/// <summary>As <see cref="ControlAccess"/>, and by HTTP Basic: the password is the token, the user's name may be any.</summary>
internal sealed class BrowserAccess(ControlAccess access)
{
    /// <summary>What asks a browser for it.</summary>
    public const string Challenge = "Basic realm=\"Krewe\", charset=\"UTF-8\"";

    private const int LongestHeader = 8_192;

    /// <inheritdoc cref="ControlAccess.Identify"/>
    public Caller? Identify(HttpContext http, out ApiError? refusal)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.Request.Headers.Authorization is [{ Length: <= LongestHeader } given] && Password(given) is { } token)
        {
            http.Request.Headers.Authorization = $"Bearer {token}";
        }

        return access.Identify(http, out refusal);
    }

    private static string? Password(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var parsed) || !"Basic".Equals(parsed.Scheme, StringComparison.OrdinalIgnoreCase) || parsed.Parameter is null)
        {
            return null;
        }

        var decoded = new byte[parsed.Parameter.Length];
        if (!Convert.TryFromBase64String(parsed.Parameter, decoded, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(decoded, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : text[(colon + 1)..];
    }
}
