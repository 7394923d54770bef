namespace Krewe.Core.Load;

/// <summary>An engine's own word on its load.</summary>
/// <param name="Running">Requests in its batch.</param>
/// <param name="Waiting">Requests in its queue.</param>
/// <param name="KvUsage">Share of its KV cache in use, 0 to 1.</param>
/// <param name="QueuedTokens">Prompt tokens not yet prefilled.</param>
/// <param name="MaxTtftMs">Worst time to first token lately, milliseconds.</param>
/// <param name="MaxItlMs">Worst time between tokens lately, milliseconds.</param>
public readonly record struct ReportedLoad(int Running, int Waiting, double KvUsage, long QueuedTokens, double MaxTtftMs, double MaxItlMs);
