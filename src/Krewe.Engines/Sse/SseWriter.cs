using System.Buffers;

namespace Krewe.Engines.Sse;

/// <summary>Writes events in the one form that every client reads: <c>data: …</c>, LF, LF.</summary>
public static class SseWriter
{
    /// <summary>The end of a whole stream.</summary>
    public static ReadOnlySpan<byte> Done => "data: [DONE]\n\n"u8;

    /// <summary>Writes an event as it came if it is plain, else the same in plain form (comments dropped, type and id kept).</summary>
    public static void Write(IBufferWriter<byte> output, in SseEvent sse)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (sse.IsPlain)
        {
            output.Write(sse.Raw);
            return;
        }

        if (!sse.HasData)
        {
            output.Write(": \n\n"u8);
            return;
        }

        WriteField(output, "event: "u8, sse.Type);
        WriteField(output, "id: "u8, sse.Id);
        WriteData(output, sse.Data);
    }

    /// <summary>Writes a payload as an event; a payload of several lines takes as many <c>data</c> lines.</summary>
    public static void WriteData(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (true)
        {
            var end = data.IndexOf((byte)'\n');
            output.Write("data: "u8);
            output.Write(end < 0 ? data : data[..end]);
            output.Write("\n"u8);
            if (end < 0)
            {
                break;
            }

            data = data[(end + 1)..];
        }

        output.Write("\n"u8);
    }

    private static void WriteField(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            output.Write(name);
            output.Write(value);
            output.Write("\n"u8);
        }
    }
}
