using Krewe.Fleet.Local;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Json;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Control;

/// <summary>
/// Maps the control port's paths. One endpoint per path, whatever the method, so that every answer has the contract's
/// shape: a wrong method, missing credentials, a bad body, an actor that does not answer.
/// </summary>
internal sealed partial class ControlRoutes(IEndpointRouteBuilder routes, ControlAccess access, ILogger logger)
{
    /// <summary>Answers, or gives back the error to answer with.</summary>
    public delegate ValueTask<ApiError?> Handler(HttpContext http, Caller caller);

    /// <inheritdoc cref="Handler"/>
    public delegate ValueTask<ApiError?> OpenHandler(HttpContext http);

    /// <summary>A path for callers that are known.</summary>
    public void Map(string pattern, params (string Method, Handler Handle)[] methods)
    {
        var allowed = string.Join(", ", methods.Select(entry => entry.Method));
        routes.Map(pattern, http => ServeAsync(http, methods, allowed));
    }

    /// <summary>A path for operators.</summary>
    public void MapForOperators(string pattern, params (string Method, OpenHandler Handle)[] methods) =>
        Map(pattern, [.. methods.Select(entry => (entry.Method, ForOperators(entry.Handle)))]);

    /// <summary>A path for anybody.</summary>
    public void MapOpen(string pattern, OpenHandler get)
    {
        Handler handle = (http, _) => get(http);
        routes.Map(pattern, http => IsMethod(http, HttpMethods.Get) ? RunAsync(http, Caller.Nobody(), handle) : RefuseMethodAsync(http, HttpMethods.Get));
    }

    /// <summary>Everything else.</summary>
    public void MapUnknown() =>
        routes.MapFallback("/{**path}", static http => ErrorWriter.WriteAsync(http.Response, ApiErrors.UnknownPath, http.RequestAborted));

    private static Handler ForOperators(OpenHandler handle) =>
        (http, caller) => caller.IsOperator ? handle(http) : ValueTask.FromResult<ApiError?>(ApiErrors.NotOperator);

    private static bool IsMethod(HttpContext http, string method) =>
        HttpMethods.Equals(http.Request.Method, method)
        || (HttpMethods.IsHead(http.Request.Method) && HttpMethods.IsGet(method));

    private static Task RefuseMethodAsync(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        return ErrorWriter.WriteAsync(http.Response, ApiErrors.MethodNotAllowed(allowed), http.RequestAborted);
    }

    private Task ServeAsync(HttpContext http, (string Method, Handler Handle)[] methods, string allowed)
    {
        if (access.Identify(http, out var refusal) is not { } caller)
        {
            return ErrorWriter.WriteAsync(http.Response, refusal!, http.RequestAborted);
        }

        foreach (var (method, handle) in methods)
        {
            if (IsMethod(http, method))
            {
                return RunAsync(http, caller, handle);
            }
        }

        return RefuseMethodAsync(http, allowed);
    }

    private async Task RunAsync(HttpContext http, Caller caller, Handler handle)
    {
        ApiError? error;
        try
        {
            error = await handle(http, caller);
        }
        catch (BadFieldException bad)
        {
            error = ApiErrors.InvalidRequest(bad.Message, bad.Param);
        }
        catch (Exception gone) when (http.RequestAborted.IsCancellationRequested && gone is OperationCanceledException or IOException)
        {
            // Nobody waits for an answer.
            return;
        }
        catch (TimeoutException)
        {
            error = ApiErrors.NoAnswer("The fleet did not answer in time; whether it did what was asked is not known.");
        }
        catch (MailboxFullException)
        {
            error = ApiErrors.NoAnswer("The fleet takes no more calls for this one now.");
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogFault(logger, fault, http.Request.Method, http.Request.Path);
            error = ApiErrors.Internal;
        }

        if (error is null)
        {
            return;
        }

        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        http.Response.Clear();
        try
        {
            await ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);
        }
        catch (Exception gone) when (http.RequestAborted.IsCancellationRequested && gone is OperationCanceledException or IOException)
        {
            // Nobody waits for the answer.
        }
    }
}
