using System.Net;
using System.Net.Sockets;

namespace Krewe.Testing.Stores;

/// <summary>Ports for programs that must be told one.</summary>
public static class FreePort
{
    /// <summary>A port of the loopback address that was free a moment ago.</summary>
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
