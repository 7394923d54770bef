using Krewe.Core.Requests;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client.Access;

/// <summary>Lets callers through that are known, and tells all others so.</summary>
internal sealed class KnownCallers(ClientAccess access, KreweInstruments instruments)
{
    /// <summary>A method of a path, for callers that are known.</summary>
    public (string Method, RequestDelegate Handle) Only(string method, Func<HttpContext, ClientCaller, Task> handle) =>
        (method, http => ServeAsync(http, handle));

    private Task ServeAsync(HttpContext http, Func<HttpContext, ClientCaller, Task> handle)
    {
        if (access.Identify(http, out var refusal) is { } caller)
        {
            return handle(http, caller);
        }

        instruments.OnClientRefused(RequestOutcome.InvalidApiKey);
        return ErrorWriter.WriteAsync(http.Response, refusal!, http.RequestAborted);
    }
}
