using Krewe.Core.Protocols;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Protocols;

/// <summary>Any server of OpenAI's API. It is sent nothing that OpenAI's API does not have, and serves whole requests only.</summary>
internal sealed class OpenAIProtocol : IEngineProtocol
{
    public EngineProtocol Kind => EngineProtocol.OpenAI;

    public bool TellsContinuousUsage => false;

    public bool ContinuesMessages => false;

    public bool TellsTokenIds => false;

    public bool CanDisaggregate(RequestBody body) => false;

    public ReadOnlyMemory<byte> WriteWhole(RequestBody body, in LegValues values, PooledBuffer output)
    {
        var editor = LegEdits.Begin(body);
        LegEdits.SetStream(ref editor, values);
        return editor.Write(output);
    }

    public ReadOnlyMemory<byte> WritePrefill(RequestBody body, in LegValues values, PooledBuffer output) => throw NotDisaggregated();

    public PrefillReply ReadPrefill(PooledBuffer reply, Uri prefillUrl) => throw NotDisaggregated();

    public ReadOnlyMemory<byte> WriteDecode(RequestBody body, in LegValues values, in PrefillReply prefill, PooledBuffer output) =>
        throw NotDisaggregated();

    private static NotSupportedException NotDisaggregated() => new("A plain OpenAI server has no prefill and decode legs.");
}
