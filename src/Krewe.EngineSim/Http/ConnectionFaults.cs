using System.Net.Sockets;
using Krewe.EngineSim.Faults;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary>Ends a connection as a dying process would.</summary>
internal static class ConnectionFaults
{
    /// <summary>Never returns in good order, except for <see cref="SimCut.End"/>.</summary>
    /// <exception cref="ConnectionCutException">The server must close the connection where the body stands.</exception>
    public static async Task ApplyAsync(HttpContext http, SimCut how)
    {
        switch (how)
        {
            case SimCut.End:
                return;
            case SimCut.Fin when http.Response.HasStarted:
                // An error after the start has Kestrel send what is buffered, and then close without an end of the body.
                throw new ConnectionCutException();
            case SimCut.Fin:
                http.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Both);
                http.Abort();
                return;
            case SimCut.Reset:
                http.Features.Get<IConnectionSocketFeature>()?.Socket.Close(0);
                http.Abort();
                return;
            default:
                var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using (http.RequestAborted.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), over))
                {
                    await over.Task.ConfigureAwait(false);
                }

                return;
        }
    }
}
