namespace Krewe.Bench.Drill.Record;

/// <summary>Who made a chunk, by its <c>krewe_sim</c> field: which life of which engine, for which attempt.</summary>
internal sealed record ChunkSource(string Instance, string Incarnation, string? Attempt);
