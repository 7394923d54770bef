using System.Net.Sockets;
using System.Text;

namespace Krewe.EngineSim.Tests.Http;

/// <summary>HTTP without a client that tidies up.</summary>
internal static class RawHttp
{
    /// <summary>Posts, and reads to the end of the connection: the answer as it came, head and chunk sizes included.</summary>
    /// <exception cref="IOException">The connection was reset.</exception>
    public static async Task<byte[]> PostAsync(Uri url, string path, string json)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(url.Host, url.Port);
        var body = Encoding.UTF8.GetBytes(json);
        byte[] request = [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
        await tcp.GetStream().WriteAsync(request);
        var received = new MemoryStream();
        await tcp.GetStream().CopyToAsync(received);
        return received.ToArray();
    }
}
