using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;

namespace Krewe.EngineSim.Transfer;

/// <summary>The prefill side of a transfer: what decode instances may ask of one incarnation.</summary>
internal sealed class KvSource(EngineLife life)
{
    public string EngineId => life.EngineId;

    public int Port => life.Port;

    public async ValueTask<(KvPullResult Result, int Tokens)> ClaimAsync(KvReference kv, string reader, CancellationToken cancellationToken)
    {
        await life.Faults.WhileFrozenAsync(cancellationToken).ConfigureAwait(false);
        if (kv.EngineId != life.EngineId)
        {
            return (KvPullResult.UnknownEngine, 0);
        }

        if (life.Faults.RefusesTransfers)
        {
            return (KvPullResult.Unreachable, 0);
        }

        var result = life.Runtime.ClaimKv(kv.RequestId, kv.BlockIds, reader, out var tokens);
        return (result, tokens);
    }

    public async ValueTask<bool> ReleaseAsync(KvReference kv, string reader, CancellationToken cancellationToken)
    {
        await life.Faults.WhileFrozenAsync(cancellationToken).ConfigureAwait(false);
        return kv.EngineId == life.EngineId && life.Runtime.ReleaseKv(kv.RequestId, reader);
    }
}
