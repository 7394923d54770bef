namespace Krewe.Simulation.Tests;

/// <summary>The seeds that every test run goes through, once for all tests that look at how they went.</summary>
public sealed class SeedRun
{
    public const ulong First = 1;

    public const ulong Count = 2000;

    public SeedRangeReport Report { get; } = SeedRange.Run(First, Count, Environment.ProcessorCount, stopsAtFailure: false, CancellationToken.None);
}
