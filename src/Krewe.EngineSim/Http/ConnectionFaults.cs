using System.Net.Sockets;
using Krewe.EngineSim.Faults;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary>Ends a connection as a dying process would.</summary>
internal static class ConnectionFaults
{
    /// <summary>Never returns in good order, except for <see cref="SimCut.End"/>.</summary>
    public static async Task ApplyAsync(HttpContext http, SimCut how)
    {
        switch (how)
        {
            case SimCut.End:
                return;
            case SimCut.Fin:
                if (http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
                {
                    socket.Shutdown(SocketShutdown.Send);

                    // What was sent must arrive before the connection goes: its other end closes, or nothing comes of it.
                    await UntilAbortedAsync(http, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
                }

                http.Abort();
                return;
            case SimCut.Reset:
                http.Features.Get<IConnectionSocketFeature>()?.Socket.Close(0);
                http.Abort();
                return;
            default:
                await UntilAbortedAsync(http, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
                return;
        }
    }

    private static async Task UntilAbortedAsync(HttpContext http, TimeSpan atMost)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(atMost);
        using var registration = limit.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), over);
        await over.Task.ConfigureAwait(false);
    }
}
