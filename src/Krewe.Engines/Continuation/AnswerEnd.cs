using System.Buffers;
using System.Buffers.Text;
using Krewe.Engines.Bodies;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Continuation;

/// <summary>Writes what an answer's last engine did not live to write.</summary>
public static class AnswerEnd
{
    /// <summary>The chunk without text that says that the limit of tokens was reached.</summary>
    public static void WriteLength(RequestEndpoint endpoint, StreamTally tally, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(tally);
        ArgumentNullException.ThrowIfNull(output);
        WriteHead(endpoint, tally, output);
        output.Write(endpoint == RequestEndpoint.ChatCompletions
            ? "[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}]}"u8
            : "[{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"length\"}]}"u8);
    }

    /// <summary>The chunk without choices that tells the usage.</summary>
    public static void WriteUsage(RequestEndpoint endpoint, StreamTally tally, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(tally);
        ArgumentNullException.ThrowIfNull(output);
        WriteHead(endpoint, tally, output);
        output.Write("[],\"usage\":"u8);
        WriteUsageObject(tally, output);
        output.Write("}"u8);
    }

    /// <summary>The <c>usage</c> of all attempts: the prompt once, and every token delivered.</summary>
    public static void WriteUsageObject(StreamTally tally, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(tally);
        ArgumentNullException.ThrowIfNull(output);
        var prompt = Math.Max(0, tally.PromptTokens);
        output.Write("{\"prompt_tokens\":"u8);
        WriteNumber(prompt, output);
        output.Write(",\"total_tokens\":"u8);
        WriteNumber(prompt + tally.CompletionTokens, output);
        output.Write(",\"completion_tokens\":"u8);
        WriteNumber(tally.CompletionTokens, output);
        output.Write("}"u8);
    }

    private static void WriteHead(RequestEndpoint endpoint, StreamTally tally, IBufferWriter<byte> output)
    {
        output.Write("{\"id\":"u8);
        WriteOrNull(tally.Id.Span, output);
        output.Write(endpoint == RequestEndpoint.ChatCompletions
            ? ",\"object\":\"chat.completion.chunk\",\"created\":"u8
            : ",\"object\":\"text_completion\",\"created\":"u8);
        WriteOrNull(tally.Created.Span, output);
        output.Write(",\"model\":"u8);
        WriteOrNull(tally.Model.Span, output);
        output.Write(",\"choices\":"u8);
    }

    private static void WriteOrNull(ReadOnlySpan<byte> json, IBufferWriter<byte> output) => output.Write(json.IsEmpty ? "null"u8 : json);

    private static void WriteNumber(int number, IBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(11), out var written);
        output.Advance(written);
    }
}
