using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.EndToEnd.Tests.Drill.Cluster;

/// <summary>Answers as a silo's client port might: its readiness as told, every request with 503 or a cut connection. A connection per request.</summary>
internal sealed class ScriptedSilo : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private volatile bool _isReady = true;
    private int _posts;

    public ScriptedSilo()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    public bool IsReady
    {
        get => _isReady;
        set => _isReady = value;
    }

    public bool CutsPosts { get; init; }

    public int Posts => Volatile.Read(ref _posts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var client = await _listener.AcceptSocketAsync(_stop.Token);
            var buffer = new byte[64 * 1024];
            var text = "";
            while (!IsWhole(text))
            {
                var read = await client.ReceiveAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    break;
                }

                text += Encoding.UTF8.GetString(buffer, 0, read);
            }

            var isPost = text.StartsWith("POST", StringComparison.Ordinal);
            Volatile.Write(ref _posts, _posts + (isPost ? 1 : 0));
            if (isPost && CutsPosts)
            {
                client.LingerState = new LingerOption(enable: true, seconds: 0);
                continue;
            }

            const string Busy = """{"error":{"message":"Busy.","type":"server_error","param":null,"code":"overloaded"}}""";
            var (status, body) = isPost ? ("503 Service Unavailable", Busy) : (IsReady ? "200 OK" : "503 Service Unavailable", "");
            await client.SendAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"), _stop.Token);
        }
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        return end >= 0 && (at < 0 || at > end || text.Length - end - 4 >= int.Parse(text[(at + 16)..text.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture));
    }
}
