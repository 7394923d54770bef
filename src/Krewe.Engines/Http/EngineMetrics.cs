using Krewe.Core.Load;

namespace Krewe.Engines.Http;

/// <summary>What a scrape of an engine found.</summary>
/// <param name="Load">Its load, summed over its data-parallel ranks (KV usage averaged); null if it names none of the gauges.</param>
/// <param name="ProcessStart">The start of its process in seconds of Unix time, as written; it tells one life from the next. Null if it is not exposed.</param>
public sealed record EngineMetrics(ReportedLoad? Load, string? ProcessStart);
