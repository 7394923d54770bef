using System.Net.Sockets;
using System.Text;

namespace Krewe.Gateway.Tests.Client;

/// <summary>Says to a server what no HTTP client would.</summary>
internal static class RawHttp
{
    /// <summary>Sends this, and reads until the server closes the connection.</summary>
    public static async Task<string> AskAsync(Uri server, string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        return await ReadAsync(stream);
    }

    public static async Task<string> ReadAsync(NetworkStream stream)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token) is > 0 and var read)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Reset: also an end.
        }

        return answer.ToString();
    }
}
