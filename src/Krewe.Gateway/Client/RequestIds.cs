using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>
/// The ids that every answer to a client has: ours, and the client's own where it may be echoed, else ours again. Ours is
/// kept with the call (<see cref="HttpContext.TraceIdentifier"/>), so that the server's log has it too.
/// </summary>
internal static class RequestIds
{
    public const string KreweName = "Krewe-Request-Id";
    public const string ClientName = "X-Request-Id";

    private const int MaxClientIdLength = 128;

    /// <summary>Gives a call its id, and its answer both.</summary>
    public static void Give(HttpContext http, FleetServices fleet)
    {
        var id = RequestId.New(fleet.Random, fleet.Silo).ToString();
        http.TraceIdentifier = id;
        Show(http, id);
    }

    /// <summary>The id that the call was given; as a text it is the call's <see cref="HttpContext.TraceIdentifier"/>.</summary>
    public static RequestId Of(HttpContext http) =>
        RequestId.TryParse(http.TraceIdentifier, out var id) ? id : throw new InvalidOperationException("The call was given no id.");

    /// <summary>The call asks for another request, and its answer bears that one's id.</summary>
    public static void Refer(HttpContext http, RequestId id) => Show(http, id.ToString());

    private static void Show(HttpContext http, string id)
    {
        http.Response.Headers[KreweName] = id;
        http.Response.Headers[ClientName] = ClientId(http.Request.Headers) ?? id;
    }

    /// <summary>The client's own, where it is one that may be echoed: 1 to 128 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    private static string? ClientId(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(ClientName, out var values) || values.Count != 1 || values[0] is not { Length: > 0 and <= MaxClientIdLength } id)
        {
            return null;
        }

        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return null;
            }
        }

        return id;
    }
}
