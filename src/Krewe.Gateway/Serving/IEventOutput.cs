using System.Buffers;
using Krewe.Engines.Sse;

namespace Krewe.Gateway.Serving;

/// <summary>Takes the events of one stream, as its client's protocol frames them. Nothing is sent before the answer is flushed.</summary>
internal interface IEventOutput
{
    /// <summary>Begins an event: its payload is written to the result, and is over with <see cref="End"/>.</summary>
    IBufferWriter<byte> Begin();

    void End();

    /// <summary>An event that the client sees as the engine wrote it.</summary>
    void Pass(in SseEvent sse);
}
