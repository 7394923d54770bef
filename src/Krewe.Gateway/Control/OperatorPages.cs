using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control;

/// <summary>Pages of the control port that are not Krewe's own.</summary>
public static class OperatorPages
{
    /// <summary>
    /// Serves the endpoints to operators only, by the same credentials as everything else. Such a page cannot be told to
    /// send a bearer token, so that a browser is asked for a password as well (HTTP Basic), which is an operator's token.
    /// Only here: what changes anything takes no credentials that a browser sends of its own accord.
    /// </summary>
    public static TBuilder ForOperators<TBuilder>(this TBuilder endpoints, ControlAccess access)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(access);
        var browser = new BrowserAccess(access);
        endpoints.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is { } serve)
            {
                endpoint.RequestDelegate = http => ServeAsync(http, browser, serve);
            }
        });
        return endpoints;
    }

    private static Task ServeAsync(HttpContext http, BrowserAccess access, RequestDelegate serve)
    {
        var caller = access.Identify(http, out var refusal);
        if (caller is { IsOperator: true })
        {
            // Nobody's page shows this one within itself.
            http.Response.Headers.XFrameOptions = "DENY";
            return serve(http);
        }

        return RefuseAsync(http, refusal ?? ApiErrors.NotOperator);
    }

    private static Task RefuseAsync(HttpContext http, ApiError error)
    {
        http.Response.OnStarting(
            static state =>
            {
                var response = (HttpResponse)state;
                if (response.StatusCode == StatusCodes.Status401Unauthorized)
                {
                    response.Headers.WWWAuthenticate = BrowserAccess.Challenge;
                }

                return Task.CompletedTask;
            },
            http.Response);
        return ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);
    }
}
