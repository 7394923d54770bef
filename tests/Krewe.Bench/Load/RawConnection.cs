using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Bench.Load;

/// <summary>One HTTP/1.1 connection that sends the same request again and again, as cheaply as it can, so that the load takes little of the cores it shares.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly byte[] HeadersEnd = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _request;
    private byte[] _buffer = new byte[64 << 10];

    /// <param name="url">Whom to call.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">The body, JSON.</param>
    /// <param name="headers">More header lines, each with its end.</param>
    public RawConnection(Uri url, string path, ReadOnlySpan<byte> body, string headers = "")
    {
        var head = Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{headers}\r\n");
        _request = [.. head, .. body];
        Url = url;
    }

    public Uri Url { get; }

    public async Task ConnectAsync() => await _socket.ConnectAsync(IPAddress.Loopback, Url.Port);

    /// <summary>Sends the request and reads its whole answer; the number of <c>data:</c> events in it.</summary>
    /// <exception cref="InvalidDataException">Another status than 200, or an answer cut short.</exception>
    public async Task<int> CallAsync()
    {
        await _socket.SendAsync(_request);
        int length = 0, bodyStart = -1, contentLength = -1;
        while (true)
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length));
            if (read == 0)
            {
                throw new InvalidDataException("The connection was closed inside an answer.");
            }

            length += read;
            if (bodyStart < 0)
            {
                (bodyStart, contentLength) = ReadHead(_buffer.AsSpan(0, length));
                if (bodyStart < 0)
                {
                    continue;
                }
            }

            if (contentLength >= 0 ? length >= bodyStart + contentLength : _buffer.AsSpan(bodyStart, length - bodyStart).EndsWith(LastChunk))
            {
                return Events(_buffer.AsSpan(bodyStart, length - bodyStart));
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static (int BodyStart, int ContentLength) ReadHead(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf(HeadersEnd);
        if (end < 0)
        {
            return (-1, -1);
        }

        if (!bytes.StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidDataException(Encoding.UTF8.GetString(bytes));
        }

        var at = bytes[..end].IndexOf("Content-Length: "u8);
        var length = -1;
        if (at >= 0)
        {
            var value = bytes[(at + 16)..];
            length = int.Parse(Encoding.ASCII.GetString(value[..value.IndexOf((byte)'\r')]), CultureInfo.InvariantCulture);
        }

        return (end + HeadersEnd.Length, length);
    }

    private static int Events(ReadOnlySpan<byte> body)
    {
        var events = 0;
        for (var at = body.IndexOf("data: "u8); at >= 0; at = body.IndexOf("data: "u8))
        {
            events++;
            body = body[(at + 6)..];
        }

        return events;
    }
}
