using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Engines.Tests.Http;

/// <summary>A socket that reads one request's head and body, and answers with bytes: for answers that no decent server gives.</summary>
internal sealed class RawEngine : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;
    private int _connections;

    public RawEngine(Func<Socket, string, Task> answer)
    {
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _serving = ServeAsync(answer);
    }

    public Uri Url { get; }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>A URL where nobody listens.</summary>
    public static Uri NobodysUrl()
    {
        using var engine = new RawEngine((_, _) => Task.CompletedTask);
        return engine.Url;
    }

    public static Task SendAsync(Socket socket, string text) => socket.SendAsync(Encoding.Latin1.GetBytes(text), SocketFlags.None);

    public void Dispose()
    {
        _listener.Dispose();
        _ = _serving;
    }

    private async Task ServeAsync(Func<Socket, string, Task> answer)
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync();
                Interlocked.Increment(ref _connections);
                await answer(socket, await ReadAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var head = text.ToString().IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0)
            {
                var name = text.ToString().IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
                var length = name < 0 ? 0 : int.Parse(text.ToString()[(name + 16)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
                if (text.Length >= head + 4 + length)
                {
                    return text.ToString();
                }
            }

            var read = await socket.ReceiveAsync(buffer, SocketFlags.None);
            if (read == 0)
            {
                return text.ToString();
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }
}
