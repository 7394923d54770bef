using System.Net;
using System.Net.Sockets;

namespace Krewe.EngineSim.Hosting;

/// <summary>
/// Keeps the port of an engine that is down: bound but not listening, so that connections are refused and nobody else,
/// an outgoing connection least of all, is given the port before the engine comes back.
/// </summary>
internal sealed class PortReservation : IDisposable
{
    private readonly Socket _socket;

    private PortReservation(Socket socket) => _socket = socket;

    /// <returns>Null where the port cannot be had any more; then its return depends on luck.</returns>
    public static PortReservation? TryTake(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return new PortReservation(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();
}
