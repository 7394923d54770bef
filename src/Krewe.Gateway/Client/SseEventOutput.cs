using System.Buffers;
using Krewe.Engines.Sse;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Client;

/// <summary>Frames events as server-sent ones. A payload of ours is one line.</summary>
internal sealed class SseEventOutput(IBufferWriter<byte> output) : IEventOutput
{
    public IBufferWriter<byte> Begin()
    {
        output.Write("data: "u8);
        return output;
    }

    public void End() => output.Write("\n\n"u8);

    public void Pass(in SseEvent sse) => SseWriter.Write(output, sse);
}
