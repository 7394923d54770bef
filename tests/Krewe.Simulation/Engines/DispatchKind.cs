namespace Krewe.Simulation.Engines;

/// <summary>What an engine is asked for.</summary>
internal enum DispatchKind
{
    Whole,
    Prefill,
    Decode,
}
