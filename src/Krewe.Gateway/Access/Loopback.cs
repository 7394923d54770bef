using System.Net;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Access;

/// <summary>Whether a call comes from this machine and speaks for itself.</summary>
internal static class Loopback
{
    // Hosts of one connection, and mostly of all, are the same text.
    private static string? _lastLocalHost;

    /// <summary>
    /// A connection from this machine: not one that a proxy here passes on, and not a browser that another site's page, or a
    /// name that was turned to this address, has sent here.
    /// </summary>
    public static bool IsThisMachine(HttpContext http)
    {
        var headers = http.Request.Headers;
        return http.Connection.RemoteIpAddress is { } remote
            && IsLoopback(remote)
            && !headers.ContainsKey("X-Forwarded-For")
            && !headers.ContainsKey("Forwarded")
            && IsLocalHost(http.Request.Host)
            && (headers.Origin.Count == 0 || IsSameOrigin(headers.Origin.ToString(), http.Request.Host));
    }

    public static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool IsLocalHost(HostString host)
    {
        if (host.Value is not { } text)
        {
            return false;
        }

        if (text == Volatile.Read(ref _lastLocalHost))
        {
            return true;
        }

        var isLocal = string.Equals(host.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IsLoopback(address));
        if (isLocal)
        {
            Volatile.Write(ref _lastLocalHost, text);
        }

        return isLocal;
    }

    private static bool IsSameOrigin(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, host.Value, StringComparison.OrdinalIgnoreCase);
}
