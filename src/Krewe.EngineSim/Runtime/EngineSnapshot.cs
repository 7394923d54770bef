namespace Krewe.EngineSim.Runtime;

/// <summary>The engine at a moment.</summary>
internal readonly record struct EngineSnapshot(
    int Running, int Waiting, long QueuedTokens, int BlocksTotal, int BlocksInUse, int BlocksCached, int Leases, int LeasedBlocks, EngineTotals Totals);
