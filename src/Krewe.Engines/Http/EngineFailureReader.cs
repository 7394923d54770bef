using System.Net.Sockets;
using System.Security.Authentication;

namespace Krewe.Engines.Http;

/// <summary>From the exceptions of the HTTP stack to our closed set.</summary>
internal static class EngineFailureReader
{
    public static EngineFailure Read(Exception exception, bool answered, CancellationToken cancellationToken)
    {
        // First, since a cancelled read surfaces as all kinds of errors.
        if (cancellationToken.IsCancellationRequested)
        {
            return EngineFailure.Cancelled;
        }

        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case AddressRefusedException:
                    return EngineFailure.AddressRefused;
                case SocketException socket:
                    return FromSocket(socket.SocketErrorCode);
                case AuthenticationException:
                    return EngineFailure.Unreachable;
                default:
                    break;
            }
        }

        return exception switch
        {
            HttpRequestException http => FromHttp(http.HttpRequestError, answered),
            HttpIOException io => FromHttp(io.HttpRequestError, answered),

            // Not our token: only the handler's own limit for connecting cancels by itself.
            OperationCanceledException => answered ? EngineFailure.TimedOut : EngineFailure.ConnectTimeout,
            IOException => answered ? EngineFailure.EndedEarly : EngineFailure.Reset,
            _ => EngineFailure.MalformedStream,
        };
    }

    private static EngineFailure FromSocket(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => EngineFailure.Refused,
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NetworkReset => EngineFailure.Reset,
        SocketError.TimedOut => EngineFailure.ConnectTimeout,
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => EngineFailure.Unreachable,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => EngineFailure.Unreachable,

        // A broken pipe has no name of its own in this enumeration on every system.
        _ => EngineFailure.Reset,
    };

    private static EngineFailure FromHttp(HttpRequestError error, bool answered) => error switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError => EngineFailure.Unreachable,
        HttpRequestError.ResponseEnded => answered ? EngineFailure.EndedEarly : EngineFailure.Reset,
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => EngineFailure.MalformedStream,
        HttpRequestError.ConfigurationLimitExceeded => EngineFailure.TooLarge,
        HttpRequestError.ConnectionError => EngineFailure.Unreachable,
        _ => answered ? EngineFailure.EndedEarly : EngineFailure.Reset,
    };
}
