using System.Net;
using System.Text;
using System.Text.Json;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Protocols;

/// <summary>The transfer parameters in a vLLM prefill's reply.</summary>
internal static class VllmTransfer
{
    /// <summary>
    /// The parameters, as they are but for one trap: a prefill that was not told its own address names itself
    /// "localhost", which on the decode's machine is someone else. It is reachable where its HTTP is.
    /// </summary>
    public static ReadOnlyMemory<byte> WithReachableHost(PooledBuffer reply, ByteRange parameters, Uri prefillUrl)
    {
        if (prefillUrl.IsLoopback)
        {
            return reply.Memory.Slice(parameters.Start, parameters.Length);
        }

        var host = FindHost(parameters.In(reply.Span), out var isTrap);
        if (host.IsEmpty || !isTrap)
        {
            return reply.Memory.Slice(parameters.Start, parameters.Length);
        }

        var start = reply.Length;
        reply.Reserve(parameters.Length + 512);
        reply.Write(reply.Span.Slice(parameters.Start, host.Start));
        reply.Write((byte)'"');
        reply.Write(Encoding.ASCII.GetBytes(prefillUrl.IdnHost));
        reply.Write((byte)'"');
        reply.Write(reply.Span[(parameters.Start + host.End)..parameters.End]);
        return reply.Memory[start..];
    }

    private static ByteRange FindHost(ReadOnlySpan<byte> parameters, out bool isTrap)
    {
        isTrap = false;
        var reader = new Utf8JsonReader(parameters);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isHost = reader.ValueTextEquals("remote_host"u8);
            reader.Read();
            if (isHost && reader.TokenType is JsonTokenType.String or JsonTokenType.Null)
            {
                isTrap = reader.TokenType == JsonTokenType.Null || IsLocalName(ref reader);
                return ByteRange.Between((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            }

            reader.Skip();
        }

        return default;
    }

    private static bool IsLocalName(ref Utf8JsonReader reader)
    {
        string host;
        try
        {
            host = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair names no host.
            return true;
        }

        if (host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address)
            && (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
    }
}
