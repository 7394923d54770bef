using System.Buffers;
using System.Text.Json;

namespace Krewe.Engines.Streams;

/// <summary>The inside of a JSON string.</summary>
internal static class JsonText
{
    /// <summary>Writes what the inside of a JSON string stands for, as UTF-8. False = it holds half a surrogate pair, or is no JSON.</summary>
    public static bool TryUnescape(ReadOnlySpan<byte> escaped, IBufferWriter<byte> output)
    {
        var quoted = ArrayPool<byte>.Shared.Rent(escaped.Length + 2);
        try
        {
            quoted[0] = quoted[escaped.Length + 1] = (byte)'"';
            escaped.CopyTo(quoted.AsSpan(1));
            var reader = new Utf8JsonReader(quoted.AsSpan(0, escaped.Length + 2));
            reader.Read();
            output.Advance(reader.CopyString(output.GetSpan(escaped.Length + 1)));
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }
}
