namespace Krewe.Bench.Simulate;

/// <param name="Seed">Runs again as it did.</param>
/// <param name="Invariant">What it broke.</param>
internal sealed record FailedSeed(ulong Seed, string Invariant);
