using System.Buffers;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Continuation;

/// <summary>Makes chat chunks of completion chunks: an answer that began as a chat and is continued by token ids stays one.</summary>
public static class ChatTranslation
{
    /// <param name="data">A completion's chunk with one choice.</param>
    /// <param name="chunk">What the inspector found in it.</param>
    /// <param name="tally">The chat's books: its id, time and model.</param>
    /// <param name="usage">The JSON of a <c>usage</c> to add; empty = none.</param>
    /// <param name="output">Where the chat's chunk goes.</param>
    public static void Write(ReadOnlySpan<byte> data, in StreamChunk chunk, StreamTally tally, ReadOnlySpan<byte> usage, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(tally);
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"id\":"u8);
        output.Write(tally.Id.Span);
        output.Write(",\"object\":\"chat.completion.chunk\",\"created\":"u8);
        output.Write(tally.Created.IsEmpty ? "0"u8 : tally.Created.Span);
        output.Write(",\"model\":"u8);
        output.Write(tally.Model.IsEmpty ? "null"u8 : tally.Model.Span);
        output.Write(",\"choices\":[{\"index\":0,\"delta\":{"u8);
        if (chunk.HasText)
        {
            output.Write("\"content\":"u8);
            output.Write(chunk.Text.In(data));
        }

        output.Write("},\"logprobs\":null,\"finish_reason\":"u8);
        output.Write(FinishReasons.Json(chunk.Finish));
        output.Write("}]"u8);
        if (!usage.IsEmpty)
        {
            output.Write(",\"usage\":"u8);
            output.Write(usage);
        }

        output.Write("}"u8);
    }
}
