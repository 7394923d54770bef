namespace Krewe.Bench.Simulate;

/// <summary>What <c>simulate --json</c> writes.</summary>
internal sealed record SimulateResult(
    ulong First, ulong Seeds, IReadOnlyList<FailedSeed> Failed, double MillisecondsPerSeed, string Trace, IReadOnlyDictionary<string, long> Counts);
