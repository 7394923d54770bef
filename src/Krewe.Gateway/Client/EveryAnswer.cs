using Krewe.Fleet.Hosting;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Client;

/// <summary>
/// What every answer of the client port has, whichever endpoint gives it, or none: the request's ids, and where it came to
/// nothing, an error in the contract's shape. It stands before all endpoints, so that none can forget either.
/// </summary>
/// <param name="fleet">What the silo knows.</param>
/// <param name="options">The port's.</param>
/// <param name="logger">Where faults are told.</param>
/// <param name="next">What answers.</param>
internal sealed partial class EveryAnswer(FleetServices fleet, ClientPortOptions options, ILogger logger, RequestDelegate next)
{
    public async Task ServeAsync(HttpContext http)
    {
        RequestIds.Give(http, fleet);
        ApiError error;
        try
        {
            await next(http);
            return;
        }
        catch (Exception gone) when (http.RequestAborted.IsCancellationRequested && gone is OperationCanceledException or IOException)
        {
            // There is nobody to tell.
            return;
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted && bad is not StreamCutException)
        {
            error = ClientErrors.Of(bad, options.MaxBodyBytes);
        }
        catch (Exception fault) when (!http.Response.HasStarted && fault is not OutOfMemoryException)
        {
            // The server would answer with an empty 500. One that has begun is the server's to cut, and to tell.
            LogFault(logger, fault, http.Request.Method, http.TraceIdentifier);
            error = ApiErrors.Internal;
        }

        await ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);
    }
}
