using Grpc.Core;
using Krewe.Core.Requests;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Grpc.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Grpc.Serving;

/// <summary>
/// Asks for the key before anything of a call is read. gRPC reads a call's one message before its service, and every
/// interceptor, sees it: whoever has no key would have its body taken in. So the key is looked at ahead of all that, by the
/// headers, and what the key may is kept for the service as a feature. Here every call gets its id, too.
/// </summary>
internal sealed class KeyGate(FleetServices fleet, ClientAccess access)
{
    /// <summary>A call's handler, for callers that are known.</summary>
    public RequestDelegate Guard(RequestDelegate serve) => http =>
    {
        RequestIds.Give(http, fleet);
        if (access.Identify(http, out var refusal) is { } caller)
        {
            http.Features.Set(caller);
            return serve(http);
        }

        fleet.Instruments.OnClientRefused(RequestOutcome.InvalidApiKey);
        Refuse(http.Response, GrpcErrors.ToException(refusal!, http.TraceIdentifier));
        return Task.CompletedTask;
    };

    /// <summary>Who calls, as the gate saw it.</summary>
    public static ClientCaller CallerOf(HttpContext http) =>
        http.Features.Get<ClientCaller>() ?? throw new InvalidOperationException("The call did not come by the gate.");

    // The form of an answer that has no message: status and trailers are its headers.
    private static void Refuse(HttpResponse response, RpcException error)
    {
        response.ContentType = "application/grpc";
        foreach (var trailer in error.Trailers)
        {
            response.Headers[trailer.Key] = trailer.Value;
        }

        response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(error.Status.Detail);
    }
}
