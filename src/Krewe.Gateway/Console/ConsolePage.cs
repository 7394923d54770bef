using System.Collections.Frozen;
using System.Security.Cryptography;
using Krewe.Gateway.Control;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Console;

/// <summary>
/// The console's own files, which hold no data and need no credentials: the page asks for those, and sends them with what
/// it fetches. The policy allows scripts, styles and connections of this origin alone, and no way from text to markup.
/// </summary>
internal sealed class ConsolePage
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private const string Prefix = "console/";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly List<(string Path, string Type, byte[] Bytes, string Tag)> _files = [.. Read()];

    /// <summary>Maps <c>/</c> and each file by its name.</summary>
    public void Map(ControlRoutes routes)
    {
        foreach (var file in _files)
        {
            routes.MapOpen(file.Path, http => AnswerAsync(http, file.Type, file.Bytes, file.Tag));
        }
    }

    private static IEnumerable<(string Path, string Type, byte[] Bytes, string Tag)> Read()
    {
        var assembly = typeof(ConsolePage).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var file = name[Prefix.Length..];
            yield return (
                file == "index.html" ? "/" : $"/console/{file}",
                Types[Path.GetExtension(file)],
                bytes,
                $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
        }
    }

    private static async ValueTask<ApiError?> AnswerAsync(HttpContext http, string type, byte[] bytes, string tag)
    {
        var response = http.Response;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = tag;
        if (http.Request.Headers.IfNoneMatch.Contains(tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return null;
        }

        response.ContentType = type;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await response.Body.WriteAsync(bytes, http.RequestAborted);
        }

        return null;
    }
}
