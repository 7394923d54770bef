using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>Somebody who should hear nothing: listens, keeps every byte that comes, and answers as it was told to.</summary>
internal sealed class Bystander : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly MemoryStream _received = new();
    private readonly Func<string, string> _answer;
    private readonly Task _accepting;
    private readonly List<Task> _serving = [];
    private int _connections;

    /// <param name="answer">From what came to a whole HTTP answer. Default: 200, empty.</param>
    /// <param name="address">Where. Default: 127.0.0.1.</param>
    /// <param name="port">0 = a free one.</param>
    public Bystander(Func<string, string>? answer = null, IPAddress? address = null, int port = 0)
    {
        _answer = answer ?? (static _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        _listener = new TcpListener(address ?? IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>How often somebody connected.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Everything that came.</summary>
    public string Received
    {
        get
        {
            lock (_gate)
            {
                return Encoding.Latin1.GetString(_received.ToArray());
            }
        }
    }

    public static string Redirect(Uri to) => $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}v1/completions\r\nContent-Length: 0\r\n\r\n";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_serving);
        _stop.Dispose();
        _received.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _serving.Add(ServeAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            var stream = client.GetStream();
            var buffer = new byte[64 << 10];
            while (await stream.ReadAsync(buffer, _stop.Token) is > 0 and var read)
            {
                lock (_gate)
                {
                    _received.Write(buffer, 0, read);
                }

                await stream.WriteAsync(Encoding.Latin1.GetBytes(_answer(Encoding.Latin1.GetString(buffer, 0, read))), _stop.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Stopped, or the other side left.
        }
    }
}
