namespace Krewe.EngineSim.Transfer;

/// <summary>KV that a prefill instance holds, as a decode leg names it.</summary>
internal sealed record KvReference(string EngineId, string RequestId, string Host, int Port, int[] BlockIds);
